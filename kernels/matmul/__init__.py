"""Matrix products: packed panels, register tiles, dot products for single rows."""
