"""Conversions of arithmetic, reductions and what is computed element by element."""
