"""What the operations of the `tfl` dialect mean, in numpy."""
