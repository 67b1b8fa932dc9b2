"""A person's words about candidates, as typed changes.

Each clause is held against `data/feedback.yaml`: which candidates it is about, which field it would change, which way
and how far. Absolute values are computed from the first candidate it is about. What no rule covers is handed back as
not understood; nothing is guessed, and words of approval never approve anything.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field

from domain.candidate import Candidate, Change, EditTarget, Feedback, Scalar
from domain.composition import Scene, SceneKind
from tools.language.feedback_rules import Field, Rules, load_rules
from tools.language.lexicon import Keys, Kind, load_lexicon, phrase_keys
from tools.language.mentions import candidates_meant, mentions
from tools.language.tokens import key

_STEP_OF_PLACE = 0.08
"""Share of the canvas an ordinary "move it left" moves."""
_TURN = 6.0
"""Degrees of an ordinary "rotate it"; clockwise as seen."""
_MOST_ROLL = 1.5
"""Degrees of camera roll a standing product bears."""
_SMALL, _LARGE = 0.5, 2.2
_REACH = 4
"""How many words before a field's word its "less", "more" or "too" may stand."""
_CLAUSE = re.compile(r"[.;!?\n]+|,|\bbut\b|\band then\b|\balso\b|\band\b", re.IGNORECASE)


@dataclass(slots=True)
class _Reading:
    """What has been understood so far."""

    changes: list[Change] = field(default_factory=list)
    understood: list[str] = field(default_factory=list)
    lost: list[str] = field(default_factory=list)

    def change(self, target: EditTarget, name: str, amount: Scalar, why: str, relative: bool = False) -> None:
        """Record a change; a later one of the same field replaces an earlier."""
        self.changes = [c for c in self.changes if (c.target, c.field) != (target, name)]
        self.changes.append(Change(target=target, field=name, amount=amount, relative=relative, why=why))
        self.understood.append(why)


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
    reading = _Reading()
    if base is not None:
        rest = _borrowed(rest, base, candidates, reading)
    for clause in _clauses(rest):
        _clause(clause, base, scenes, reading, rules)
    if about and not reading.changes and not reading.lost:
        numbers = [str(i + 1) for i, c in enumerate(candidates) if c.id in about]
        reading.understood.append(f"about candidate {', '.join(numbers)}")
    return Feedback(
        changes=tuple(reading.changes),
        about=about,
        understood="; ".join(dict.fromkeys(reading.understood)),
        not_understood="; ".join(dict.fromkeys(reading.lost)),
    )


def _clauses(text: str) -> list[str]:
    return [piece.strip() for piece in _CLAUSE.split(text) if piece.strip(" '\"-–—")]


def _borrowed(text: str, base: Candidate, candidates: Sequence[Candidate], reading: _Reading) -> str:
    """ "with 3's background", "the background of the third": that candidate's scene, size, place or light."""
    for mention in mentions(text, candidates):
        other = next(c for c in candidates if c.id == mention.ids[0])
        around = text[max(0, mention.start - 40) : mention.end + 40].lower()
        if other.id == base.id:
            continue
        number = next(i for i, c in enumerate(candidates, 1) if c.id == other.id)
        if re.search(r"background|scene|setting|place\b|backdrop|location", around):
            reading.change(EditTarget.BACKGROUND, "scene", other.scene.id, f"the background of candidate {number}")
            reading.change(
                EditTarget.BACKGROUND, "mirrored", other.scene.mirrored, f"the background of candidate {number}"
            )
        elif re.search(r"\bsize|scale", around):
            reading.change(EditTarget.COMPOSITION, "scale", other.composition.scale, f"the size of candidate {number}")
        elif re.search(r"position|placement|composition", around):
            for axis in ("x", "y"):
                value = round(getattr(other.composition.centre, axis), 4)
                reading.change(EditTarget.COMPOSITION, f"centre.{axis}", value, f"the position of candidate {number}")
        elif re.search(r"light|colour|color|mood", around):
            for name in ("exposure", "warmth", "contrast", "saturation"):
                value = getattr(other.settings, name)
                reading.change(EditTarget.GENERATOR, name, value, f"the light of candidate {number}")
        else:
            continue
        start = max(text.lower().rfind("with", 0, mention.start), text.lower().rfind("but", 0, mention.start), 0)
        end = re.match(r"(?:['’]s)?(?:\s+\w+){0,2}", text[mention.end :])
        return text[:start] + " . " + text[mention.end + (end.end() if end else 0) :]
    return text


def _clause(clause: str, base: Candidate | None, scenes: Sequence[Scene], reading: _Reading, rules: Rules) -> None:
    words = tuple(key(w) for w in re.findall(r"\d+(?:[.,]\d+)?\s?%|[\w'’]+", clause))
    if not words or base is None:
        if words:
            reading.lost.append(clause)
        return
    if rules.approvals.match_any(words):
        reading.lost.append(f"{clause} (approving is a separate step, for the final pixels)")
        return
    known = len(reading.understood)
    for attempt in (_scene_change, _pose_change, _move, _amounts):
        if attempt(words, base, scenes, reading, rules):
            return
    if len(reading.understood) == known and not _small_talk(words, rules):
        reading.lost.append(clause)


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


def _scene_change(words: Keys, base: Candidate, scenes: Sequence[Scene], reading: _Reading, rules: Rules) -> bool:
    """Another background: the next best one, a named place, or the same place in another light."""
    if rules.mirror.match_any(words):
        reading.change(
            EditTarget.BACKGROUND, "mirrored", not base.scene.mirrored, "left and right of the scene swapped"
        )
        return True
    lexicon = load_lexicon()
    places = [
        word
        for n in (3, 2, 1)
        for i in range(len(words) - n + 1)
        if any(k in lexicon.phrases.get(words[i : i + n], {}) for k in (Kind.PLACE, Kind.SURFACE))
        and (word := " ".join(words[i : i + n]))
        not in ("top", "space", "home", "house", "room", "water", "tile", "flat", "light")
    ]
    light, phrase = _light_wanted(words, rules)
    denied = any(w in ("not", "no", "without", "don't", "dont", "never") for w in words)
    if places and not denied:
        match = _scene_for(places, light, base, scenes)
        if match is None:
            reading.lost.append(f"no planned scene shows “{places[0]}”")
        else:
            reading.change(EditTarget.BACKGROUND, "scene", match.id, f"{places[0]} as the background")
        return True
    if rules.other_scene.match_any(words) or (places and denied):
        reading.change(EditTarget.BACKGROUND, "scene", None, "another background")
        return True
    if light and not denied:
        return _other_light(light, phrase, base, scenes, reading)
    return False


def _light_wanted(words: Keys, rules: Rules) -> tuple[tuple[str, ...], str]:
    for n in (2, 1):
        for i in range(len(words) - n + 1):
            lights = rules.lights.get(words[i : i + n])
            if lights:
                return lights, " ".join(words[i : i + n])
    return (), ""


def _scene_for(
    places: Sequence[str], lights: tuple[str, ...], base: Candidate, scenes: Sequence[Scene]
) -> Scene | None:
    """The planned scene that shows one of `places`, in one of `lights` if there is one, other than the present one."""
    lexicon = load_lexicon()
    for place in places:
        senses = lexicon.phrases.get(phrase_keys(place), {})
        same = {place, senses.get(Kind.PLACE, place), senses.get(Kind.SURFACE, place)}
        shown = [s for s in scenes if s.id != base.scene.id and same & _scene_words(s)]
        shown.sort(key=lambda s: s.light.value not in lights if lights else 0)
        if shown:
            return shown[0]
    return None


def _scene_words(scene: Scene) -> set[str]:
    words = {" ".join(phrase_keys(text)) for text in (*scene.tags, scene.surface) if text}
    title = phrase_keys(re.sub(r"[^\w\s-]", " ", scene.title)) if scene.title else ()
    return words | set(title) | {" ".join(title[i : i + 2]) for i in range(len(title) - 1)}


def _other_light(
    lights: tuple[str, ...], phrase: str, base: Candidate, scenes: Sequence[Scene], reading: _Reading
) -> bool:
    now = next((s for s in scenes if s.id == base.scene.id), None)
    if now is not None and now.light.value in lights:
        reading.lost.append(f"the scene has {phrase} already")
        return True
    tags = set(now.tags) if now else set()
    fitting = [s for s in scenes if s.light.value in lights and s.id != base.scene.id]
    if not fitting:
        reading.lost.append(f"no planned scene is in {phrase}")
        return True
    best = max(fitting, key=lambda s: (len(tags & set(s.tags)), -scenes.index(s)))
    reading.change(EditTarget.BACKGROUND, "scene", best.id, f"a scene in {phrase}")
    return True


def _pose_change(words: Keys, base: Candidate, scenes: Sequence[Scene], reading: _Reading, rules: Rules) -> bool:
    """Rotation, a level horizon, and feet on the ground."""
    if rules.straight.match_any(words):
        name = "roll" if base.composition.roll else "rotation"
        reading.change(EditTarget.COMPOSITION, name, 0.0, "straightened")
        return True
    if rules.turn.match_any(rules.without_phrasal(words)):
        _turn(words, base, scenes, reading, rules)
        return True
    if rules.grounded.match_any(words):
        reading.change(EditTarget.COMPOSITION, "lift", 0.0, "standing on its ground")
        return True
    return False


def _turn(words: Keys, base: Candidate, scenes: Sequence[Scene], reading: _Reading, rules: Rules) -> None:
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
    reading.change(EditTarget.COMPOSITION, name, value, why)


def _move(words: Keys, base: Candidate, scenes: Sequence[Scene], reading: _Reading, rules: Rules) -> bool:
    """ "move it left", "higher", "centre it"."""
    centre = base.composition.centre
    moved = False
    spatial = rules.without_phrasal(words)
    if any(w in ("centre", "center", "middle", "centered", "centred") for w in words):
        reading.change(EditTarget.COMPOSITION, "centre.x", 0.5, "moved to the middle")
        return True
    light = any(
        w in ("light", "lit", "sun", "contrast", "shadow", "saturation", "exposure", "brightness") for w in words
    )
    for direction, way in rules.directions.items():
        if direction in spatial and not light:
            axis = way.field.removeprefix("centre.")
            step = _STEP_OF_PLACE * _degree(words, rules)
            value = round(min(0.95, max(0.05, getattr(centre, axis) + way.sign * step)), 4)
            reading.change(EditTarget.COMPOSITION, way.field, value, f"moved {direction}")
            moved = True
    return moved


def _amounts(words: Keys, base: Candidate, scenes: Sequence[Scene], reading: _Reading, rules: Rules) -> bool:
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
            reading.lost.append(f"{' '.join(words)} (the product's own pixels stay as they are)")
            return True
        _adjust(entry.field, rule, entry.sign * way, words, base, reading, rules)
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


def _adjust(name: str, rule: Field, way: float, words: Keys, base: Candidate, reading: _Reading, rules: Rules) -> None:
    if rule.factor:
        factor = _factor(words, rule, way, rules)
        reading.change(rule.target, name, factor, f"{rule.name} {'larger' if factor > 1 else 'smaller'}", relative=True)
        return
    now = float(getattr(base.settings, name))
    if way == 0:
        value = max(rule.low, 0.0)
    else:
        value = min(rule.high, max(rule.low, now + way * rule.step * _degree(words, rules)))
    reading.change(rule.target, name, round(value, 3), f"{'more' if value > now else 'less'} {rule.name}")


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
