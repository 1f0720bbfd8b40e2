"""Convolutions: direct, depthwise, grouped, transposed, Winograd, and one for everything else."""
