"""Kernel templates by family: each builds level-5 code for one planned operation."""
