"""The step from the onnx dialect to the engine dialect; one file for each family of operators."""

from .convert import ConvertOnnxToEnginePass

__all__ = ["ConvertOnnxToEnginePass"]
