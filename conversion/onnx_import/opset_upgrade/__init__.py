"""
Bringing a model's operators to their newest versions, one version step after another.

A step from one version of an operator to the next is a function in one of the tables here, or
nothing at all where the newer schema admits every node of the older one with the same meaning
(most steps only admit more element types). A step that is neither is reported: a model is
upgraded rightly or not at all.
"""

from .upgrade import upgrade_model

__all__ = ["upgrade_model"]
