"""Conversions of what moves, picks and makes elements."""
