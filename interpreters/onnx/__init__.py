"""What the `onnx` dialect means: the standard's reference evaluator, and what it has wrong."""
