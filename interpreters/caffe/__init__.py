"""
What layers of Caffe mean, in numpy, by the formulas of its documentation.

The table `SEMANTICS` has a function for each operation, by families as the conversion has them.
"""

from __future__ import annotations
