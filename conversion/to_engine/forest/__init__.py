"""Decision trees of any framework, on their way to `engine.tree_ensemble`."""
