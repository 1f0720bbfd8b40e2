"""
The parts of the ONNX importer, in the order they work:

`wire` and `source` read a file without its weights; `structure` checks names and order;
`opset_upgrade` brings every operator to its newest form; `functions` inlines; `graph` builds the
`onnx` dialect, asking `inference` and `folding` for types; `tensors` maps the numbers.
"""
