"""Networks that hold every design of a family at once, sharing weights, so that a mixture of designs can be trained."""
