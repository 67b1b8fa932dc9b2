"""Judges that look: models on the gateway's port, asked only about pictures that passed every measured gate.

They veto and order; they pass nothing. Storage, runs and sessions do not live here.
"""

from tools.judges.looking.asking import Bench, Forgetful, roles_that_look
from tools.judges.looking.parts import (
    FeatureFinder,
    Reference,
    Sheet,
    checks_of_parts,
    compare_parts,
    placed_parts,
    sheet_of,
)
from tools.judges.looking.picture import look_at
from tools.judges.looking.questions import gates_for
from tools.judges.looking.sheets import RUBRICS, rubric
from tools.judges.looking.together import checks_of_set, judge_set, prefer
from tools.judges.looking.verdicts import checks_of, vetoed

__all__ = [
    "RUBRICS",
    "Bench",
    "FeatureFinder",
    "Forgetful",
    "Reference",
    "Sheet",
    "checks_of",
    "checks_of_parts",
    "checks_of_set",
    "compare_parts",
    "gates_for",
    "judge_set",
    "look_at",
    "placed_parts",
    "prefer",
    "roles_that_look",
    "rubric",
    "sheet_of",
    "vetoed",
]
