"""From a model to a program: the stages, kernel objects and their cache, and linking."""
