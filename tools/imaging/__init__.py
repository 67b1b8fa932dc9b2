"""Pictures as arrays: decoding, scenes, placing products in them, shading and finishing. No storage, no network.

Import from the modules: `scenes` (what can be drawn on), `layout` (what to draw), `compose` (drawing it).
"""
