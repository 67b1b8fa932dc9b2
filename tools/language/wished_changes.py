"""Feedback about size, place, turn, light and finish: which field, which way, how far."""

from __future__ import annotations

from collections.abc import Sequence

from domain.candidate import Candidate, EditTarget
from domain.composition import Scene, SceneKind
from tools.language.feedback_rules import Field, Rules
from tools.language.lexicon import Keys, Kind, load_lexicon
from tools.language.wishes import Wishes

_STEP_OF_PLACE = 0.08
"""Share of the canvas an ordinary "move it left" moves."""
_TURN = 6.0
"""Degrees of an ordinary "rotate it"; clockwise as seen."""
_MOST_ROLL = 1.5
"""Degrees of camera roll a standing product bears."""
_SMALL, _LARGE = 0.5, 2.2
_REACH = 4
"""How many words before a field's word its "less", "more" or "too" may stand."""


def pose_change(words: Keys, base: Candidate, scenes: Sequence[Scene], wishes: Wishes, rules: Rules) -> bool:
    """Rotation, a level horizon, and feet on the ground."""
    if rules.straight.match_any(words):
        name = "roll" if base.composition.roll else "rotation"
        wishes.change(EditTarget.COMPOSITION, name, 0.0, "straightened")
        return True
    if rules.turn.match_any(rules.without_phrasal(words)):
        _turn(words, base, scenes, wishes, rules)
        return True
    if rules.grounded.match_any(words):
        wishes.change(EditTarget.COMPOSITION, "lift", 0.0, "standing on its ground")
        return True
    return False


def _turn(words: Keys, base: Candidate, scenes: Sequence[Scene], wishes: Wishes, rules: Rules) -> None:
    """Turn the product where it lies; where it stands only the camera can roll, and only a little looks natural."""
    scene = next((s for s in scenes if s.id == base.scene.id), None)
    lying = scene is not None and scene.kind is SceneKind.FLAT_LAY
    degrees = next((float(w) for w in words if w.isdigit()), _TURN * _degree(words, rules))
    degrees = -degrees if any(w in ("left", "counterclockwise", "anticlockwise") for w in words) else degrees
    name, reach = ("rotation", 180.0) if lying else ("roll", _MOST_ROLL)
    value = round(max(-reach, min(reach, getattr(base.composition, name) + degrees)), 2)
    why = (
        f"turned to {value:g} degrees"
        if lying
        else f"camera rolled to {value:g} degrees: a standing product stays upright"
    )
    wishes.change(EditTarget.COMPOSITION, name, value, why)


def move(words: Keys, base: Candidate, scenes: Sequence[Scene], wishes: Wishes, rules: Rules) -> bool:
    """ "move it left", "higher", "centre it"."""
    centre = base.composition.centre
    moved = False
    spatial = rules.without_phrasal(words)
    if any(w in ("centre", "center", "middle", "centered", "centred") for w in words):
        wishes.change(EditTarget.COMPOSITION, "centre.x", 0.5, "moved to the middle")
        return True
    light = any(
        w in ("light", "lit", "sun", "contrast", "shadow", "saturation", "exposure", "brightness") for w in words
    )
    for direction, way in rules.directions.items():
        if direction in spatial and not light:
            axis = way.field.removeprefix("centre.")
            step = _STEP_OF_PLACE * _degree(words, rules)
            value = round(min(0.95, max(0.05, getattr(centre, axis) + way.sign * step)), 4)
            wishes.change(EditTarget.COMPOSITION, way.field, value, f"moved {direction}")
            moved = True
    return moved


def amounts(words: Keys, base: Candidate, scenes: Sequence[Scene], wishes: Wishes, rules: Rules) -> bool:
    """Size, light, shadow and the rest: the longest rule that matches decides the field."""
    done = False
    used: set[int] = set()
    for entry, i, n in rules.matches(words):
        if used & set(range(i, i + n)):
            continue
        used |= set(range(i, i + n))
        way = _way(words, i, n, entry.comparative, entry.noun, rules)
        if way is None:
            continue
        rule = rules.fields[entry.field]
        if entry.field != "scale" and rule.target is EditTarget.GENERATOR and _about_product(words, entry.field):
            wishes.lost.append(f"{' '.join(words)} (the product's own pixels stay as they are)")
            return True
        _adjust(entry.field, rule, entry.sign * way, words, base, wishes, rules)
        done = True
    return done


def _about_product(words: Keys, name: str) -> bool:
    """True for "make the label brighter": light and colour settings act on the scene, never on the product."""
    if name not in ("exposure", "warmth", "contrast", "saturation", "grain"):
        return False
    lexicon = load_lexicon()
    scene = (
        "background",
        "scene",
        "light",
        "lighting",
        "picture",
        "image",
        "photo",
        "everything",
        "backdrop",
        "surrounding",
    )
    goods = any(
        Kind.GOODS in lexicon.phrases.get((w,), {}) or w in ("product", "packaging", "label", "logo") for w in words
    )
    return goods and not any(w in scene for w in words)


def _way(words: Keys, i: int, n: int, comparative: bool, noun: bool, rules: Rules) -> float | None:
    """+1 to go the way the word says, -1 the other way, 0 to take all of it away, None if it is only mentioned."""
    before = words[max(0, i - _REACH) : i]
    after = words[i + n : i + n + 2]
    negated = any(w in ("not", "don't", "dont", "isn't", "isnt", "never") for w in before)
    if "enough" in after or (negated and "enough" in before):
        return 1.0
    if comparative:
        return None if negated else -1.0 if "less" in before else 1.0
    if rules.more.match_any(before) and not negated:
        return 1.0
    if rules.less.match_any(before) or rules.too.match_any(before) or negated:
        return -1.0
    if noun:
        amount = 1.0 if "more" in after else -1.0 if "less" in after else None
        return 0.0 if rules.remove.match_any(before) else amount
    complains = rules.complaints.match_any(before) and not rules.asked.match_any(words)
    return -1.0 if complains or "less" in after else 1.0


def _adjust(name: str, rule: Field, way: float, words: Keys, base: Candidate, wishes: Wishes, rules: Rules) -> None:
    if rule.factor:
        factor = _factor(words, rule, way, rules)
        wishes.change(rule.target, name, factor, f"{rule.name} {'larger' if factor > 1 else 'smaller'}", relative=True)
        return
    now = float(getattr(base.settings, name))
    if way == 0:
        value = max(rule.low, 0.0)
    else:
        value = min(rule.high, max(rule.low, now + way * rule.step * _degree(words, rules)))
    wishes.change(rule.target, name, round(value, 3), f"{'more' if value > now else 'less'} {rule.name}")


def _factor(words: Keys, rule: Field, way: float, rules: Rules) -> float:
    percent = next((float(w.rstrip("%").strip().replace(",", ".")) for w in words if w.endswith("%")), None)
    if percent is not None:
        ratio = 1 + percent / 100 if way > 0 else 1 / max(0.25, 1 - percent / 100)
    elif any(w in ("twice", "double", "doubled") for w in words) or any(w in ("half", "halve") for w in words):
        ratio = 2.0
    else:
        ratio = float(rule.step ** _degree(words, rules))
    ratio = min(4.0, max(1.01, ratio))
    return round(ratio if way > 0 else 1 / ratio, 4)


def _degree(words: Keys, rules: Rules) -> float:
    """How many steps: half for "a bit", more for "a lot"."""
    if rules.small.match_any(words):
        return _SMALL
    plain = tuple(w for i, w in enumerate(words) if not (w in ("much", "many") and i and words[i - 1] == "too"))
    return _LARGE if rules.large.match_any(plain) else 1.0
