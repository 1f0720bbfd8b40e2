"""Kernels that move elements: copies between layouts, gather, scatter, shuffle, resize."""
