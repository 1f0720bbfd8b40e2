"""Operators of `ai.onnx.ml`: classical models and what surrounds them."""
