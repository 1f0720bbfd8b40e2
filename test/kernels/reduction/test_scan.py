"""Running sums, products and extremes against numpy, on odd sizes, strides and both directions."""

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from stepwell.dialects.engine import ScanOp
from stepwell.test.kernels.harness import check_kernel
from stepwell.test.kernels.memory import Operand, Result


@settings(max_examples=25, deadline=None)
@given(data=st.data())
def test_scan(data):
    shape = data.draw(st.lists(st.sampled_from([1, 2, 3, 4, 17, 32]), min_size=1, max_size=3))
    axis = data.draw(st.integers(0, len(shape) - 1))
    dtype = data.draw(st.sampled_from([np.float32, np.float64, np.int64, np.int8, np.uint16]))
    kind = data.draw(st.sampled_from(ScanOp.KINDS))
    flags = {name: data.draw(st.booleans()) for name in ("exclusive", "reverse")}
    x = (np.random.default_rng(0).standard_normal(shape) * 2).astype(np.int8).astype(dtype)
    check_kernel(
        lambda i, o: ScanOp(i[0], kind, axis, outs=o, **flags),
        [Operand(x)],
        [Result(tuple(shape), dtype)],
    )
