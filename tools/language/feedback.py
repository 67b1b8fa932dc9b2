"""A person's words about candidates, as typed changes.

Each clause is held against `data/feedback.yaml`: which candidates it is about, which field it would change, which way
and how far. Absolute values are computed from the first candidate it is about. What no rule covers is handed back as
not understood; nothing is guessed, and words of approval never approve anything.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from domain.candidate import Candidate, EditTarget, Feedback
from domain.composition import Scene
from tools.language.feedback_rules import Rules, load_rules
from tools.language.lexicon import Keys, Kind, load_lexicon
from tools.language.mentions import candidates_meant, mentions
from tools.language.tokens import key
from tools.language.wished_changes import amounts, move, pose_change
from tools.language.wished_scenes import scene_change
from tools.language.wished_words import words_change
from tools.language.wishes import Wishes

_CLAUSE = re.compile(r"[.;!?\n]+|,|\bbut\b|\band then\b|\balso\b|\band\b", re.IGNORECASE)


def read_feedback(text: str, candidates: Sequence[Candidate], scenes: Sequence[Scene]) -> Feedback:
    """What a person's words ask to be changed.

    Args:
        text: the person's words, any length; empty gives an empty Feedback.
        candidates: those shown, in the order shown ("the second one").
        scenes: those the plan has, the ones a background can be changed to.
    """
    rules = load_rules()
    said = text.strip()[:4000]
    about, rest = candidates_meant(said, candidates, rules)
    base = next((c for c in candidates if c.id in about), candidates[0] if candidates else None)
    wishes = Wishes()
    if base is not None:
        rest = _borrowed(rest, base, candidates, wishes)
    for clause in _clauses(rest):
        _clause(clause, base, scenes, wishes, rules)
    if about and not wishes.changes and not wishes.lost:
        numbers = [str(i + 1) for i, c in enumerate(candidates) if c.id in about]
        wishes.understood.append(f"about candidate {', '.join(numbers)}")
    return Feedback(
        changes=tuple(wishes.changes),
        about=about,
        understood="; ".join(dict.fromkeys(wishes.understood)),
        not_understood="; ".join(dict.fromkeys(wishes.lost)),
    )


def _clauses(text: str) -> list[str]:
    return [piece.strip() for piece in _CLAUSE.split(text) if piece.strip(" '\"-–—")]


def _borrowed(text: str, base: Candidate, candidates: Sequence[Candidate], wishes: Wishes) -> str:
    """ "with 3's background", "the background of the third": that candidate's scene, size, place or light."""
    for mention in mentions(text, candidates):
        other = next(c for c in candidates if c.id == mention.ids[0])
        around = text[max(0, mention.start - 40) : mention.end + 40].lower()
        if other.id == base.id:
            continue
        number = next(i for i, c in enumerate(candidates, 1) if c.id == other.id)
        if re.search(r"background|scene|setting|place\b|backdrop|location", around):
            wishes.change(EditTarget.BACKGROUND, "scene", other.scene.id, f"the background of candidate {number}")
            wishes.change(
                EditTarget.BACKGROUND, "mirrored", other.scene.mirrored, f"the background of candidate {number}"
            )
        elif re.search(r"\bsize|scale", around):
            wishes.change(EditTarget.COMPOSITION, "scale", other.composition.scale, f"the size of candidate {number}")
        elif re.search(r"position|placement|composition", around):
            for axis in ("x", "y"):
                value = round(getattr(other.composition.centre, axis), 4)
                wishes.change(EditTarget.COMPOSITION, f"centre.{axis}", value, f"the position of candidate {number}")
        elif re.search(r"light|colour|color|mood", around):
            for name in ("exposure", "warmth", "contrast", "saturation"):
                value = getattr(other.settings, name)
                wishes.change(EditTarget.GENERATOR, name, value, f"the light of candidate {number}")
        else:
            continue
        start = max(text.lower().rfind("with", 0, mention.start), text.lower().rfind("but", 0, mention.start), 0)
        end = re.match(r"(?:['’]s)?(?:\s+\w+){0,2}", text[mention.end :])
        return text[:start] + " . " + text[mention.end + (end.end() if end else 0) :]
    return text


def _clause(clause: str, base: Candidate | None, scenes: Sequence[Scene], wishes: Wishes, rules: Rules) -> None:
    words = tuple(key(w) for w in re.findall(r"\d+(?:[.,]\d+)?\s?%|[\w'’]+", clause))
    if not words or base is None:
        if words:
            wishes.lost.append(clause)
        return
    if rules.approvals.match_any(words):
        wishes.lost.append(f"{clause} (approving is a separate step, for the final pixels)")
        return
    known = len(wishes.understood)
    if words_change(words, clause, base, wishes, rules):
        return
    for attempt in (scene_change, pose_change, move, amounts):
        if attempt(words, base, scenes, wishes, rules):
            return
    if len(wishes.understood) == known and not _small_talk(words, rules):
        wishes.lost.append(clause)


def _small_talk(words: Keys, rules: Rules) -> bool:
    """ "I like it", "great", "please": nothing to change, nothing lost."""
    lexicon = load_lexicon()
    plain = (
        Kind.NOT_CLAUSE,
        Kind.PRONOUN,
        Kind.ADVERB,
        Kind.DETERMINER,
        Kind.AUXILIARY,
        Kind.CONJUNCTION,
        Kind.PREPOSITION,
        Kind.OUTPUT,
    )
    return all(
        rules.wishes.match_any((w,))
        or rules.dislikes.match_any((w,))
        or any(k in lexicon.phrases.get((w,), {}) for k in plain)
        for w in words
    )
