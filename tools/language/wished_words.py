"""Feedback about the words set on the picture: larger, smaller, on another side, or left off."""

from __future__ import annotations

from domain.candidate import Candidate, EditTarget
from domain.composition import TextPlace
from tools.language.feedback_rules import Rules
from tools.language.lexicon import Keys
from tools.language.wishes import Wishes

_STEP = 1.25
"""Factor on the type size of an ordinary "bigger text"."""

_SIDES = {
    "top": TextPlace.TOP, "above": TextPlace.TOP, "up": TextPlace.TOP, "higher": TextPlace.TOP,
    "bottom": TextPlace.BOTTOM, "below": TextPlace.BOTTOM, "down": TextPlace.BOTTOM, "lower": TextPlace.BOTTOM,
    "under": TextPlace.BOTTOM, "left": TextPlace.LEFT, "right": TextPlace.RIGHT,
}


def words_change(words: Keys, clause: str, base: Candidate, wishes: Wishes, rules: Rules) -> bool:
    """Size, side or absence of the words. A clause about them that asks for something else is handed back."""
    if not rules.lettering.match_any(words) or rules.label.match_any(words):
        return False
    asked = base.composition.wording
    side = next((_SIDES[word] for word in words if word in _SIDES), None)
    way = _size(words, rules)
    if not asked.texts:
        wishes.lost.append(f"{clause} (no words are set on this picture)")
    elif rules.remove.match_any(words):
        wishes.change(EditTarget.COMPOSITION, "wording.place", TextPlace.NONE.value, "without words")
    elif not way and side is None:
        wishes.lost.append(f"{clause} (words can be larger, smaller, on another side or left off; for others ask anew)")
    else:
        _resize(way, words, wishes, rules)
        if side is not None:
            wishes.change(EditTarget.COMPOSITION, "wording.place", side.value, f"the words at the {side.value}")
    return True


def _resize(way: int, words: Keys, wishes: Wishes, rules: Rules) -> None:
    if way:
        step = _STEP ** (0.5 if rules.small.match_any(words) else 2.0 if rules.large.match_any(words) else 1.0)
        factor = round(step if way > 0 else 1 / step, 4)
        why = f"the words {'larger' if way > 0 else 'smaller'}"
        wishes.change(EditTarget.COMPOSITION, "wording.size", factor, why, relative=True)


def _size(words: Keys, rules: Rules) -> int:
    """+1 for larger words, -1 for smaller ones, 0 where size is not the matter."""
    for entry, i, _ in rules.matches(words):
        if entry.field == "scale":
            before = words[:i]
            against = rules.too.match_any(before) or rules.less.match_any(before)
            return -entry.sign if against and not entry.comparative else entry.sign
    return 0
