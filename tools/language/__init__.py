"""The built-in language: a request to a Brief, a Brief and a scene to a Caption, feedback to changes, and what to ask.
Deterministic, English, no model; the words it knows are in `data/`. The model gateway does not live here.
"""

from tools.language.reader import BuiltinReader

__all__ = ["BuiltinReader"]
