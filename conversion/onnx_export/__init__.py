"""
The parts of the ONNX exporter: `opset` finds the version to write, `graph` the nodes, `weights`
the form of the numbers, `file` the bytes.
"""
