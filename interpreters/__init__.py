"""
What the dialects mean: executable reference semantics on numpy, for every level.

```python
outputs = run(ctx, module, {"x": image})
```
"""

from .running import make_interpreter, run

__all__ = ["make_interpreter", "run"]
