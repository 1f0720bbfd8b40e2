"""Kernels that combine many elements: reductions, norms, softmax, pooling, top-k."""
