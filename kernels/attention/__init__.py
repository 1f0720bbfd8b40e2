"""Attention in blocks of queries and keys, with a running softmax."""
