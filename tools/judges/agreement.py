"""Caption agreement: does the picture show what the brief asks for, as far as that can be measured?"""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import lru_cache
from importlib import resources

import numpy as np
import yaml
from pydantic import ValidationError

from domain.brief import Brief, Part, ProductMention
from domain.candidate import Change, EditTarget, Finding, Scalar
from domain.composition import Scene, TextPlace
from domain.documents import read_yaml
from domain.errors import Misconfigured
from domain.ports import Image
from domain.values import HexColour, Light, Model, Origin
from tools.judges.book import Check
from tools.judges.colour import Floats, ciede2000, lab, lab_of_hex
from tools.judges.evidence import Views
from tools.judges.words import plain

VOCABULARY = "vocabulary.yaml"


class Moment(Model):
    """Words for an hour, and the lightness its pictures have (median CIELAB L of the surroundings)."""

    words: tuple[str, ...]
    median_min: float = 0.0
    median_max: float = 100.0


class Tone(Model):
    """Words for a tone, the bounds its surroundings keep, and the setting that moves them."""

    words: tuple[str, ...]
    colourfulness_min: float = 0.0
    colourfulness_max: float = 1e3
    b_min: float = -1e3
    b_max: float = 1e3
    field: str


class Vocabulary(Model):
    """What words of a brief allow; see vocabulary.yaml."""

    lights: dict[str, tuple[Light, ...]]
    moments: dict[str, Moment]
    tones: dict[str, Tone]
    seasons: dict[str, tuple[str, ...]]
    weathers: dict[str, tuple[str, ...]]
    places: dict[str, tuple[str, ...]]
    colours: dict[str, tuple[HexColour, ...]]
    same_colours: dict[str, str]
    near_colours: tuple[tuple[str, ...], ...]


@lru_cache(maxsize=1)
def vocabulary() -> Vocabulary:
    """The shipped vocabulary; raises Misconfigured when it cannot be read."""
    try:
        raw = read_yaml(resources.files("tools.judges").joinpath(VOCABULARY).read_text("utf-8"))
        return Vocabulary.model_validate(raw)
    except (OSError, yaml.YAMLError, ValidationError) as error:
        raise Misconfigured(
            f"the judges' vocabulary cannot be read: {error}", where=VOCABULARY, hint="reinstall, or correct the file"
        ) from error


class Measured(Model):
    """One measured part: whether it agrees (None: cannot tell), and what was compared."""

    name: str
    agrees: bool | None
    said: str
    fixes: tuple[Change, ...] = ()


_OTHER_SCENE = Change(target=EditTarget.BACKGROUND, field="scene", why="a scene that shows what the brief asks for")


def caption_agreement(views: Views, check: Check) -> Finding:
    """Hold the measurable parts of the brief against the scene on record and the pixels.

    Light and time of day against the scene's light (a closed vocabulary says which lights a word allows) and against
    the lightness of the surroundings; place, season and weather against the scene's tags by families of places; the
    number of products against the placements; the words asked for against those on record as set (a person may have
    left them off); product colours against the cutout's pixels (nearest anchor in CIELAB).
    Only what was stated, answered or looked up counts, never what was assumed. What the generator declared it could
    not draw fails here until a person waives it, and no change to the picture can fix it. `value` is the share of
    measured parts that agree. The check abstains when no part can be measured.
    """
    brief, scene = views.evidence.brief, views.evidence.scene
    if views.evidence.cannot_draw:
        missing = ", ".join(views.evidence.cannot_draw)
        return check.failed(
            f"asked for, and beyond this generator: {missing} (waive it, or choose another generator)",
            value=0.0,
            evidence={"cannot_draw": missing},
        )
    parts: list[Measured] = []
    if brief is not None:
        parts += _words_set(brief, views)
        parts += _scene_parts(brief, scene) if scene is not None else []
        parts += _product_parts(brief, views)
    words = _words_about_looks(brief, views.evidence.caption)
    parts += _lightness_parts(words, views) + _tone_parts(words, views)
    measured = [part for part in parts if part.agrees is not None]
    facts: dict[str, Scalar] = {part.name: part.said for part in parts}
    if not measured:
        return check.abstained("nothing the brief says can be measured in this picture", evidence=facts)
    wrong = [part for part in measured if not part.agrees]
    value = 1 - len(wrong) / len(measured)
    if wrong:
        fixes = tuple(dict.fromkeys(change for part in wrong for change in part.fixes))
        return check.failed("; ".join(part.said for part in wrong), value=value, evidence=facts, fixes=fixes)
    return check.passed("agrees on " + ", ".join(part.name for part in measured), value=value, evidence=facts)


def _given(part: Part[str] | None) -> str | None:
    """The value when a person or the library gave it; None when absent or assumed."""
    return None if part is None or part.origin is Origin.ASSUMED else part.value.lower()


def _words_set(brief: Brief, views: Views) -> list[Measured]:
    """The texts of the brief against the blocks a generator set; `legibility` looks at their pixels."""
    slot = views.evidence.slot
    asked = [part.value for part in brief.text if part.value.strip()]
    if slot is None or not asked:
        return []
    if slot.composition.wording.place is TextPlace.NONE:
        return [Measured(name="words", agrees=None, said="left off, as a person asked")]
    painted = plain(slot.caption.lettering)
    if not views.blocks and painted and all(plain(text) in painted for text in asked):
        return [Measured(name="words", agrees=None, said="the words are painted with the picture: they are read in it")]
    shown = {plain(block.text) for block in views.blocks}
    missing = [text for text in asked if plain(text) not in shown]
    if not missing:
        return [Measured(name="words", agrees=True, said="the words are set")]
    listed = ", ".join(f"“{text}”" for text in missing)
    smaller = Change(
        target=EditTarget.COMPOSITION, field="scale", amount=0.85, relative=True, why="leave room for the words"
    )
    calmer = Change(target=EditTarget.BACKGROUND, field="scene", why="a calmer scene, with room for the words")
    freer = Change(target=EditTarget.COMPOSITION, field="wording.size", amount=0.75, relative=True, why="smaller words")
    place = slot.composition.wording.place
    fixes = (smaller, calmer, freer)
    where = f" at the {place}" if place else ""
    return [Measured(name="words", agrees=False, said=f"no legible place{where} for {listed}", fixes=fixes)]


def _scene_parts(brief: Brief, scene: Scene) -> list[Measured]:
    words = vocabulary()
    found: list[Measured] = []
    for name in ("light", "time_of_day"):
        said = _given(getattr(brief, name))
        allowed = None if said is None else _lights_for(said)
        if said is not None:
            agrees = None if allowed is None else scene.light in allowed
            against = f"{said!r} against {scene.light.value} light"
            found.append(Measured(name=name, agrees=agrees, said=against, fixes=(_OTHER_SCENE,)))
    text = _scene_text(scene)
    for name, families in (("season", words.seasons), ("weather", words.weathers)):
        said = _given(getattr(brief, name))
        if said is None:
            continue
        wanted, shown = _families(said, families), _families(text, families)
        agrees = bool(wanted & shown) if wanted and shown else None
        found.append(
            Measured(
                name=name, agrees=agrees, said=f"{said!r} against {', '.join(sorted(shown)) or 'no tag'}",
                fixes=(_OTHER_SCENE,),
            )
        )
    for name in ("background", "surface"):
        said = _given(getattr(brief, name))
        if said is not None:
            found.append(_place(name, said, scene, text))
    return found


def _place(name: str, said: str, scene: Scene, text: str) -> Measured:
    """A place agrees by shared family or shared words; a surface only by words, and is never held against a scene."""
    label = f"{said!r} against {scene.title or scene.id}"
    if _mentions(text, said):
        return Measured(name=name, agrees=True, said=label)
    wanted, shown = _families(said, vocabulary().places), _families(text, vocabulary().places)
    if name == "surface" or not wanted or not shown:
        return Measured(name=name, agrees=True if wanted & shown else None, said=label)
    return Measured(name=name, agrees=bool(wanted & shown), said=label, fixes=(_OTHER_SCENE,))


def _product_parts(brief: Brief, views: Views) -> list[Measured]:
    found: list[Measured] = []
    mentions = [part.value for part in brief.products]
    slot = views.evidence.slot
    if mentions and slot is not None:
        asked, drawn = sum(m.count for m in mentions), 1 + len(slot.composition.others)
        found.append(
            Measured(name="count", agrees=asked == drawn, said=f"{asked} product(s) asked for, {drawn} drawn")
        )
    cutout = views.evidence.cutout
    if cutout is not None and mentions:
        found += _colour_parts(mentions[0], cutout)
    return found


def _colour_parts(mention: ProductMention, cutout: Image) -> list[Measured]:
    shares = colour_shares(cutout)
    recut = Change(target=EditTarget.PRODUCT, field="cutout", why="the product photo in the colour asked for")
    found: list[Measured] = []
    for said in mention.colours:
        name = _colour_name(said)
        if name is None:
            found.append(Measured(name=f"colour {said}", agrees=None, said=f"{said!r} is no colour on record"))
            continue
        alike = {name}.union(*(group for group in vocabulary().near_colours if group[0] == name))
        share = sum(shares.get(each, 0.0) for each in alike)
        found.append(
            Measured(name=f"colour {said}", agrees=share >= 0.04, said=f"{said} on {share:.0%} of it", fixes=(recut,))
        )
    return found


def colour_shares(cutout: Image) -> dict[str, float]:
    """Share of the RGBA cutout's opaque pixels nearest (CIEDE2000) to each colour word's anchors."""
    step = max(1, int(max(cutout.shape[:2]) / 96))
    small = cutout[::step, ::step]
    opaque = small[small[..., 3] > 200][:, :3]
    if not len(opaque):
        return {}
    words = vocabulary().colours
    names = [name for name, anchors in words.items() for _ in anchors]
    anchors = lab_of_hex(tuple(anchor for group in words.values() for anchor in group))
    pixels = lab(opaque[None])[0][:: max(1, len(opaque) // 800)]
    nearest = ciede2000(pixels[:, None], anchors[None]).argmin(1)
    counts = np.bincount(nearest, minlength=len(names)) / len(pixels)
    shares: dict[str, float] = {}
    for name, count in zip(names, counts, strict=True):
        shares[name] = shares.get(name, 0.0) + float(count)
    return shares


def _colour_name(said: str) -> str | None:
    """The colour word on record for what was said ("deep navy blue" -> blue), or None."""
    words, text = vocabulary(), said.lower()
    if text in words.same_colours:
        return words.same_colours[text]
    for token in reversed(re.findall(r"[a-z]+", text)):
        name = words.same_colours.get(str(token), str(token))
        if name in words.colours:
            return name
    return None


def _words_about_looks(brief: Brief | None, caption: str | None) -> str:
    """What the brief, or a caption where there is no brief, says about light and tone."""
    if brief is None:
        return (caption or "").lower()
    parts = (brief.light, brief.time_of_day, brief.weather, brief.style, brief.mood)
    return " | ".join(said for said in map(_given, parts) if said is not None)


def _surroundings(views: Views) -> Floats | None:
    """CIELAB of the picture outside the product, (n, 3); None where the product fills it."""
    around = views.half_lab[::2, ::2]
    mask = views.half_mask
    values = around.reshape(-1, 3) if mask is None else around[mask[::2, ::2] < 16]
    return values if len(values) >= 1000 else None


def _tone_parts(text: str, views: Views) -> list[Measured]:
    """Vivid and muted as colourfulness; warm and cool as yellowness of the lightest quarter, which shows the light."""
    around = _surroundings(views) if text else None
    if around is None:
        return []
    colourful = lab_colourfulness(around)
    lightest = around[:, 0] >= np.percentile(around[:, 0], 75)
    yellow = float(around[lightest, 2].mean())
    found: list[Measured] = []
    for name, tone in vocabulary().tones.items():
        if not any(_mentions(text, word) for word in tone.words):
            continue
        agrees = tone.colourfulness_min <= colourful <= tone.colourfulness_max and tone.b_min <= yellow <= tone.b_max
        own = 1.0 if tone.field == "saturation" else 0.0
        further = {"vivid": 1.4, "muted": 0.5, "warm": 0.4, "cool": -0.4}[name]
        fixes = (
            Change(target=EditTarget.GENERATOR, field=tone.field, amount=own, why="the scene's own colours"),
            Change(target=EditTarget.GENERATOR, field=tone.field, amount=further, why=f"{name}, as asked for"),
            _OTHER_SCENE,
        )
        said = f"{name} against colourfulness {colourful:.0f} and yellowness {yellow:+.0f}"
        found.append(Measured(name=f"looks {name}", agrees=agrees, said=said, fixes=fixes))
    return found


def lab_colourfulness(colours: Floats) -> float:
    """Hasler and Süsstrunk's M1 (2003) of CIELAB colours (n, 3): spread of a and b plus 0.37 of their mean's chroma."""
    spread = float(np.hypot(colours[:, 1].std(), colours[:, 2].std()))
    return spread + 0.37 * float(np.hypot(colours[:, 1].mean(), colours[:, 2].mean()))


def _lightness_parts(text: str, views: Views) -> list[Measured]:
    """Night must look like night and day like day, whatever the scene's record says."""
    if not text:
        return []
    around = _surroundings(views)
    if around is None:
        return []
    median = float(np.median(around[:, 0]))
    slot = views.evidence.slot
    found: list[Measured] = []
    for name, moment in vocabulary().moments.items():
        if not any(_mentions(text, word) for word in moment.words):
            continue
        agrees = moment.median_min <= median <= moment.median_max
        fixes = [_OTHER_SCENE]
        if slot is not None and slot.settings.exposure != 0.0:
            fixes.insert(
                0, Change(target=EditTarget.GENERATOR, field="exposure", amount=0.0, why="the scene's own exposure")
            )
        found.append(
            Measured(
                name=f"looks like {name}", agrees=agrees, said=f"{name} against a median lightness of {median:.0f}",
                fixes=tuple(fixes),
            )
        )
    return found


def _lights_for(said: str) -> frozenset[Light] | None:
    """Lights that agree with every known word of `said`; None when no word is known."""
    table = vocabulary().lights
    if said in {light.value for light in Light} and said not in table:
        return frozenset({Light(said)})
    known = [frozenset(table[word]) for word in sorted(table, key=len, reverse=True) if _mentions(said, word)]
    if not known:
        return None
    return known[0]


def _families(text: str, families: dict[str, tuple[str, ...]]) -> frozenset[str]:
    return frozenset(name for name, words in families.items() if any(_mentions(text, word) for word in words))


def _mentions(text: str, word: str) -> bool:
    """Whether `word` stands in `text` as a word of its own, a plural s allowed."""
    return re.search(rf"(?<![\w-]){re.escape(word)}(?:s|es)?(?![\w-])", text) is not None


def _scene_text(scene: Scene) -> str:
    values: Iterable[str] = (
        scene.id.replace("-", " ").replace(":", " "), scene.title, scene.surface, *scene.tags,
        *(str(v) for k, v in scene.params.items() if isinstance(v, str) and k in {"season", "weather", "time_of_day"}),
    )
    return " | ".join(values).lower()
