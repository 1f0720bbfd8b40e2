"""
What the operators of Paddle mean, in numpy.

The table `SEMANTICS` has a function for each operation, by families as the conversion has them.
"""
