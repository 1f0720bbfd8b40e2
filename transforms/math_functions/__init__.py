"""
Elementary functions as `arith` on scalars and vectors: what `expand-math` writes in their place.

Each function takes a `KernelBuilder` and a value (f32 or f64, scalar or vector) and appends the
ops that compute it. Accuracy is stated in its docstring in ulp of the result, measured by
`test/transforms/test_expand_math.py` against references in higher precision. Results that would
be subnormal may be flushed to zero where the docstring says so; everything else about zeros,
infinities and NaN follows IEEE 754.

Coefficients are Chebyshev interpolants computed in 50-digit arithmetic.
"""
