"""The standard's own runner on this backend, as in any other backend; see `test_onnx_runner.py`.

python -m pytest test/conformance/onnx_runner.py -k softmax
"""

from typing import Any, cast

from onnx.backend.test.runner import Runner

import stepwell.onnx_backend


class BackendTest(Runner):
    """The cases of the standard. CUDA is not ours, so half of them is skipped."""


# A module will do, as in other backends, though the annotation says class.
backend_test = BackendTest(cast(Any, stepwell.onnx_backend), __name__)

globals().update(backend_test.test_cases)
