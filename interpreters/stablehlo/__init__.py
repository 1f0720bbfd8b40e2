"""The semantics of the `stablehlo` and `chlo` dialects in numpy, by the specification."""
