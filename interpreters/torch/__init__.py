"""What operations of the `torch` dialect mean, in numpy by torch's published semantics."""
