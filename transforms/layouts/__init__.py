"""Choosing a layout for every tensor of a program at once, by cost."""
