"""Moves along a level: one pass per file or folder, named after the pass."""
