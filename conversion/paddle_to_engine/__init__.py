"""Operators of Paddle in terms of `engine`, by families; `table.py` has them all."""
