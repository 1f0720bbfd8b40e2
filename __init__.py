"""Stepwell: a multi-level inference compiler in pure Python."""
