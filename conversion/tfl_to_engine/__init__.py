"""
From the `tfl` dialect to the engine dialect: a function for each operator, in families.

Tensors are `[N, H, W, C]` here and stay so; convolutions, pools and the like are built between two
transposes. Quantised tensors are integers, with the scales as constants where they are used.
"""
