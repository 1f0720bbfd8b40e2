"""What the dialects mean: executable reference semantics on numpy, for every level."""
