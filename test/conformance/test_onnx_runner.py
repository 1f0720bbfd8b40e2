"""The standard's runner takes the backend, and what it runs passes."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

FILE = Path(__file__).with_name("onnx_runner.py")

# An operator with a native kernel, one by reference, sequences, strings, small types, models.
CHOSEN = (
    "test_softmax_axis or test_resize_upsample_scales_nearest or test_det or test_sequence_insert"
    " or test_string_concat or test_cast_FLOAT16_to_FLOAT8E5M2 or test_clip or test_operator_conv"
    " or test_expand_shape_model1 or test_BatchNorm1d or test_loop11 or test_if"
)


@pytest.mark.slow
def test_python_m_pytest_on_a_runner_works():
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "--no-header"]
    done = subprocess.run(
        [*command, "-k", CHOSEN, str(FILE)], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout[-3000:] + done.stderr
    counts = re.findall(r"(\d+) (\w+)", done.stdout.splitlines()[-1])
    passed = {what: int(count) for count, what in counts}
    assert passed["passed"] >= 30
    assert passed["skipped"] == passed["passed"]  # the same on CUDA
