"""Products with weights in few bits."""
