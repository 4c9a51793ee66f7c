"""Bilevel design of networks: a leader picks a design, a follower responds, braess finds the best response."""
