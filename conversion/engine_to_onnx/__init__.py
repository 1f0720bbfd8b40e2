"""
From level 2 back to ONNX: each operation as nodes of the standard operators.

`nodes` builds them, `scalar_forms` and `activations` read the regions of scalars, a file for each
family of operations has its converters, and `table` joins them.
"""
