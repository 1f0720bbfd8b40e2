"""From the `stablehlo` and `chlo` dialects to the engine dialect."""
