"""Which units of a network are kept: node masks of exact size, judged before training or after it."""
