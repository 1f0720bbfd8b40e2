"""Kernels of boxes that suppress others."""
