"""The messages of Paddle's older program format (`framework.proto`), and of its parameters."""

from __future__ import annotations

from functools import cache

from google.protobuf.message import Message

from ..formats.protobuf_messages import message_classes

MESSAGES = """
ProgramDesc: blocks=1 BlockDesc*; version=4 Version
Version: version=1 int64
BlockDesc: idx=1 int32; parent_idx=2 int32; vars=3 VarDesc*; ops=4 OpDesc*
VarDesc: name=1 string; type=2 VarType; persistable=3 bool
VarType: type=1 int32; dense_tensor=3 DenseTensorDesc; tensor_array=4 DenseTensorDesc
DenseTensorDesc: tensor=1 TensorDesc; lod_level=2 int32
TensorDesc: data_type=1 int32; dims=2 int64*
OpDesc: inputs=1 OpVar*; outputs=2 OpVar*; type=3 string; attrs=4 OpAttr*
OpVar: parameter=1 string; arguments=2 string*
OpAttr: name=1 string; type=2 int32; i=3 int32; f=4 float; s=5 string; ints=6 int32*;
  floats=7 float*; strings=8 string*; b=10 bool; bools=11 bool*; block_idx=12 int32; l=13 int64;
  longs=15 int64*; float64s=16 double*; var_name=17 string; vars_name=18 string*;
  float64=19 double; scalar=20 Scalar; scalars=21 Scalar*
Scalar: type=1 int32; b=2 bool; i=3 int64; r=4 double
"""
"""What is said of each message; see `protobuf_messages.message_classes`."""


@cache
def messages() -> dict[str, type[Message]]:
    """The classes by name, made when the first program is read."""
    return message_classes("stepwell.paddle", MESSAGES)
