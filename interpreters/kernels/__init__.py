"""What level 5 means: `func`, `scf`, `vector`, `memref`, `arith` and `math` on numpy memory."""
