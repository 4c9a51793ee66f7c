"""Plain convolutional networks that grow: wider and more layers, which keep trained weights; needs the extra ``learn``."""
