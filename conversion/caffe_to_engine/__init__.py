"""Layers of Caffe in terms of `engine`, by families; `table.py` has them all."""
