"""Brand and market rules held against words: what a brief asks for, captions say and text to set claims.

Rules themselves are data and come in as arguments; nothing here reads packs, draws or publishes.
"""

from tools.rules.candidates import check_candidate
from tools.rules.check import check_brief, cited
from tools.rules.enforce import Enforcement, enforce, may_publish, strike
from tools.rules.settle import settle

__all__ = ["Enforcement", "check_brief", "check_candidate", "cited", "enforce", "may_publish", "settle", "strike"]
