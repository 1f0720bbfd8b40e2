"""
The `chlo` dialect: functions that are one operation to who writes them and many in `stablehlo`.

JAX prints them in text (`chlo.erf`, `chlo.top_k`); in portable bytecode they are written out.
"""
