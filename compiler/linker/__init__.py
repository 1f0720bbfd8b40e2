"""Joins object files into one image that is mapped and run; needs no LLVM."""
