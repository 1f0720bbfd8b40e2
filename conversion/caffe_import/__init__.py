"""
Caffe nets as modules of the `caffe` dialect.

`reader` makes a `Net` of the files, in which layers of all versions look alike; `graph` makes
operations of it, with the shapes that `shapes` works out layer by layer.
"""
