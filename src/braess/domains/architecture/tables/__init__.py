"""Measured tables of neural architectures: what training and timing every design gave, so that exact fronts are known."""
