"""
What the dialects mean: executable reference semantics on numpy, for every level.

```python
outputs = run(ctx, module, {"x": image})
```
"""

from .running import make_interpreter, repeated, run

__all__ = ["make_interpreter", "repeated", "run"]
