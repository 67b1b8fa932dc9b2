"""The language by models: each role asked through the gateway, its answer held against what was said, and the built-in
standing in wherever a model is of no use. The built-in always reads too: what it found is never lost.
"""

from tools.language.by_model.language import ModelLanguage

__all__ = ["ModelLanguage"]
