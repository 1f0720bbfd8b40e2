"""Polynomials as one operation: what Stepwell is told of it."""

from importlib import import_module

from stepwell.plugins import Plugin


def lazily(module, symbol):
    """A factory that imports `symbol` when it is asked for."""
    return lambda: getattr(import_module(f"stepwell_poly.{module}"), symbol)


PLUGIN = Plugin(
    dialects={"poly": lazily("dialect", "Poly")},
    passes={"poly-expand": lazily("expand", "PolyExpandPass")},
    semantics={
        "poly.horner": lazily("meaning", "horner"),
        "onnx.org.example.Horner": lazily("onnx_operator", "meaning"),
    },
    rewrites={"drop-zero-coefficients": lazily("rewrites", "drop_zero_coefficients")},
    kernels={"poly.horner": lazily("kernel", "TEMPLATE")},
    schemas={"onnx.org.example.Horner": lazily("onnx_operator", "SCHEMA")},
    conversions={"onnx.org.example.Horner": lazily("onnx_operator", "convert")},
)
