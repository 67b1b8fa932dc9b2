"""The built-in language: a request to a Brief, a Brief and a scene to a Caption, feedback and failed checks to changes,
and what to ask. Deterministic, English, no model; the words it knows are in `data/`. The model gateway is not here.
"""

from tools.language.asking import apply_answer, assume_defaults, codes_of, questions
from tools.language.feedback import read_feedback
from tools.language.reader import BuiltinReader
from tools.language.revising import first_fixes, revisions
from tools.language.writer import BuiltinWriter

__all__ = [
    "BuiltinReader",
    "BuiltinWriter",
    "apply_answer",
    "assume_defaults",
    "codes_of",
    "first_fixes",
    "questions",
    "read_feedback",
    "revisions",
]
