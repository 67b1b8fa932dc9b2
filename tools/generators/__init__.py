"""One module per generator behind the port `domain.ports.Generator`.

The compositor needs nothing; other generators stand beside it in modules of their own.
"""

from tools.generators.compositor import Compositor, Drawing

__all__ = ["Compositor", "Drawing"]
