"""The conversion of the caffe dialect."""

from __future__ import annotations

from functools import partial

from ...interpreters.caffe.functions import SEMANTICS
from ...interpreters.table_functions import table_evaluate
from ..to_engine.dialect_conversion import DialectConversion
from .table import conversions

CAFFE = DialectConversion("caffe", conversions, partial(table_evaluate, SEMANTICS))
