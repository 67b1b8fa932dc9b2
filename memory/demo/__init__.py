"""The demo brand: Solara's products and backdrops, made on first use by the project's own renderer.

The renderer is handed in, so that memory stays free of tools.
"""

from memory.demo.library import DEMO_BRAND, Encode, ProductSpec, Render, Rendered, ensure_demo

__all__ = ["DEMO_BRAND", "Encode", "ProductSpec", "Render", "Rendered", "ensure_demo"]
