"""The step from the onnx dialect to the engine dialect; a file for each family of operators."""
