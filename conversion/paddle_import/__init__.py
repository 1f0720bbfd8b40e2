"""
Programs of PaddlePaddle as modules of the `paddle` dialect.

`pir` and `legacy` read the two formats into the records of `program`, with the operators under
PIR's names; `parameters` reads the trained numbers, which lie alike for both.
"""
