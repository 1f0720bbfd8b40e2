"""
Programs of JAX and others in StableHLO, as modules of the `stablehlo` dialect.

Text, portable bytecode and the files of `jax.export` give the same module; calls are inlined,
sizes that are open get their names, and numbers go to the store.
"""
