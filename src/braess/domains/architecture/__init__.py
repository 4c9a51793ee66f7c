"""Neural networks as designs: the leader picks operations, widths and depth, the follower trains the weights."""
