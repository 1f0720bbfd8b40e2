"""
Making quantised models: what `stepwell quantize` does.

    products    which products and convolutions of a model can be computed with codes
    places      which tensors are codes, and who reads them as such
    calibration samples in, some of them held out
    observe     histograms and statistics of all tensors, in one pass
    ranges      from a histogram to scale and zero point
    weights     codes of weights, by channel or by block
    equalise    ranges of channels made alike, without a change of what the model computes
    simulate    the model with any choice of what is quantised, compiled once
    exclude     which products stay as they are, so that the error keeps to a budget
    coded_model the model with QuantizeLinear and DequantizeLinear
    quantize    all of it, one after the other

Everything works on modules of the `onnx` dialect, which are compiled and run as any other.
"""
