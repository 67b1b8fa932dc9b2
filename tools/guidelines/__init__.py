"""A brand's guidelines in prose to criteria that can be checked. Reading and compiling only: what is kept and signed
lies in `memory` and `service`, what is measured in `tools.judges`.
"""

from tools.guidelines.by_model import with_model
from tools.guidelines.compiling import compile_guidelines
from tools.guidelines.documents import KINDS, read_guideline

__all__ = ["KINDS", "compile_guidelines", "read_guideline", "with_model"]
