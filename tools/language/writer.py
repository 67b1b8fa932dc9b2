"""The built-in writer: a Brief, a scene and a product to a Caption.

A caption describes the finished picture, element by element; it never instructs and never negates. What the scene is on
record for (light, camera, surface) is said as it is there; what the brief adds (mood, style, season, props) is added.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping, Sequence
from functools import lru_cache
from importlib import resources
from typing import Literal

import yaml
from pydantic import BaseModel, ConfigDict

from domain.assets import Asset
from domain.brief import Brief, Part, ProductMention
from domain.composition import Caption, Scene, SceneKind
from domain.documents import read_yaml
from domain.errors import BadInput, Misconfigured
from tools.language.tokens import PLURALS, key

Element = Literal["subject", "reference", "environment", "pose", "light", "camera", "style"]
LEAST_IMPORTANT_FIRST: tuple[Element, ...] = ("pose", "style", "reference", "camera", "light", "environment")
"""The order in which elements give way when a caption is too long; the subject is only ever shortened."""
_SHORTEST_LIMIT = 40
_MOST_WORDS = 24
_NUMBERS = ("no", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve")
_NEGATION = re.compile(
    r"\b(?:no|not|never|without|none|nothing|avoid(?:ing)?|except|excluding|minus|free of|instead of|\w+n['’]t)\b.*",
    re.I,
)
_INSTRUCTION = re.compile(
    r"^\s*(?:please\s+)?(?:make|create|generate|draw|render|show|put|place|add|remove|ignore|approve|publish|use|ensure|"
    r"give|write|design|produce|let|do|keep|set)\b\s*",
    re.I,
)


class _Phrases(BaseModel):
    """`data/captions.yaml`."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    lights: dict[str, tuple[str, ...]]
    sides: dict[str, str]
    cameras: dict[str, tuple[str, ...]]
    depth: dict[str, tuple[str, ...]]
    poses: dict[str, tuple[str, ...]]
    styles: tuple[str, ...]


class BuiltinWriter:
    """Implements `domain.ports.Writer`, deterministic: the same brief, scene and product give the same caption."""

    def caption(self, brief: Brief, scene: Scene, product: Asset, limit: int = 1024) -> Caption:
        """The caption of `product` in `scene` as `brief` wants it, at most `limit` characters as `Caption.text()`.

        Raises BadInput if `limit` is below 40 characters: no caption says anything in fewer.
        """
        if limit < _SHORTEST_LIMIT:
            raise BadInput(
                f"a caption of at most {limit} characters says nothing",
                where="caption limit",
                hint=f"give a limit of at least {_SHORTEST_LIMIT}",
            )
        phrases = _phrases()
        elements: dict[Element, str] = {
            "subject": _subject(brief, product),
            "reference": _reference(brief, scene),
            "environment": _environment(brief, scene),
            "pose": _pick(phrases.poses[_pose(brief, scene)], scene.id, "pose"),
            "light": _light(brief, scene),
            "camera": _camera(brief, scene),
            "style": _style(brief, scene),
        }
        return within({name: described(text) for name, text in elements.items()}, limit)


def _subject(brief: Brief, product: Asset) -> str:
    named = [_noun_phrase(part.value) for part in brief.products]
    subject = _list([n for n in named if described(n)]) or product.title.lower()
    related = [
        f"{r.subject} {r.relation} {r.object}"
        for r in brief.relations
        if r.relation != "on"
        and len(brief.products) > 1
        and _is_product(brief, r.subject)
        and _is_product(brief, r.object)
    ]
    return f"{subject}, {related[0]}" if related else subject


def _is_product(brief: Brief, noun: str) -> bool:
    return any(part.value.noun == noun for part in brief.products)


def _noun_phrase(mention: ProductMention) -> str:
    text = mention.text.split(", ")[0]
    if mention.colours and not any(colour.lower() in text.lower() for colour in mention.colours):
        text = f"{' and '.join(mention.colours)} {text}"
    if mention.count > 1:
        number = _NUMBERS[mention.count] if mention.count < len(_NUMBERS) else str(mention.count)
        return f"{number} {text}"
    return _with_article(text)


def _with_article(text: str) -> str:
    """ "a wooden crate", "an orange"; plurals and names stay as they are."""
    last = text.rsplit(maxsplit=1)[-1].lower() if text.split() else ""
    if not last or last != key(last) or last in PLURALS or text[:1].isupper():
        return text
    return f"{'an' if text[:1].lower() in 'aeiou' else 'a'} {text}"


def _reference(brief: Brief, scene: Scene) -> str:
    """What the product stands on or by."""
    surface = scene.surface or (brief.surface.value if brief.surface and scene.kind is SceneKind.FLAT_LAY else "")
    by = next((r for r in brief.relations if not _is_product(brief, r.object) and _is_product(brief, r.subject)), None)
    parts = []
    if surface and not (by and by.relation == "on"):
        parts.append(f"{'on' if scene.kind is not SceneKind.FLAT_LAY else 'laid on'} {surface.replace('_', ' ')}")
    if by is not None:
        prop = next((p.value for p in brief.props if by.object in p.value), by.object)
        parts.append(f"{by.relation} {_with_article(prop)}")
    return " ".join(parts)


def _environment(brief: Brief, scene: Scene) -> str:
    title = scene.title.strip().rstrip(".")
    title = title[:1].lower() + title[1:] if title[1:2].islower() else title
    place = _value(brief.background)
    parts = [title]
    if place and not _shared(place, title):
        tags = " ".join(scene.tags)
        parts = [f"{place}, {title}"] if _shared(place, tags) or not title else parts
    said = " ".join(parts)
    for part in (brief.season, brief.weather, brief.theme):
        value = _value(part)
        if value and not _shared(value, said):
            parts.append(f"{value} setting" if part is brief.theme else value)
    placed = {r.object for r in brief.relations}
    props = [p.value for p in brief.props if not any(word in placed for word in p.value.split())]
    if props:
        parts.append(f"with {_list(props)}")
    return ", ".join(part for part in parts if part)


def _pose(brief: Brief, scene: Scene) -> str:
    if scene.kind is SceneKind.FLAT_LAY:
        return "lying"
    several = len(brief.products) > 1 or any(part.value.count > 1 for part in brief.products)
    return "group" if several else "standing"


def _light(brief: Brief, scene: Scene) -> str:
    phrases = _phrases()
    said = _pick(phrases.lights[scene.light.value], scene.id, "light")
    side = phrases.sides.get("left" if scene.light_side < -0.25 else "right" if scene.light_side > 0.25 else "")
    return f"{said} {side}" if side else said


def _camera(brief: Brief, scene: Scene) -> str:
    phrases = _phrases()
    view = "low" if scene.view_elevation < 10 else "raised" if scene.view_elevation < 30 else "high"
    view = "top" if scene.view_elevation > 65 else view
    wanted = _value(brief.camera)
    seen = _pick(phrases.cameras[view], scene.id, "camera")
    depth = _pick(phrases.depth[scene.kind.value], scene.id, "depth")
    lens = [word for word in wanted.split(", ") if word in ("close-up", "macro", "wide shot", "35mm", "50mm", "85mm")]
    return ", ".join((*lens, seen, depth))


def _style(brief: Brief, scene: Scene) -> str:
    parts = [_value(brief.style), _value(brief.mood)]
    if not any(parts):
        parts = [tag for tag in scene.tags if tag in _MOODS][:2]
    return ", ".join((*(p for p in parts if p), _pick(_phrases().styles, scene.id, "style")))


_MOODS = (
    "fresh",
    "calm",
    "warm",
    "cozy",
    "elegant",
    "quiet",
    "bright",
    "relaxed",
    "premium",
    "minimal",
    "clean",
    "festive",
    "moody",
    "playful",
    "natural",
    "serene",
    "luxurious",
    "energetic",
    "romantic",
    "holiday",
)


def _value(part: Part[str] | None) -> str:
    return part.value if part is not None else ""


def _shared(words: str, text: str) -> bool:
    """True if the last word of `words` (its noun) is in `text`."""
    last = re.findall(r"[\w']+", words.lower())
    return bool(last) and re.search(rf"\b{re.escape(last[-1].rstrip('s'))}", text.lower()) is not None


def _list(words: Sequence[str]) -> str:
    return words[0] if len(words) == 1 else ", ".join(words[:-1]) + f" and {words[-1]}" if words else ""


def _pick(variants: Sequence[str], scene: str, element: str) -> str:
    """One variant, always the same for a scene."""
    digest = hashlib.sha256(f"{scene}/{element}".encode()).digest()
    return variants[digest[0] % len(variants)]


def described(text: str) -> str:
    """Caption-like: parts that negate or instruct are left out, as titles of uploaded files may."""
    parts = []
    for piece in re.split(r"[,;\n]+", text):
        words = _NEGATION.sub("", _INSTRUCTION.sub("", piece)).strip(" .:-!?\"'“”")
        if words and words not in parts:
            parts.append(" ".join(words.split()[:_MOST_WORDS]))
    return ", ".join(parts)


def within(elements: Mapping[str, str], limit: int) -> Caption:
    """The caption with as many elements as fit, the least important given up first."""
    kept = {**elements, "subject": elements["subject"] or "product"}
    for name in LEAST_IMPORTANT_FIRST:
        if len(Caption(**kept).text()) <= limit:
            break
        kept[name] = _shorter(kept, name, limit)
    caption = Caption(**kept)
    if len(caption.text()) > limit:
        subject = kept["subject"][:limit]
        caption = Caption(subject=subject.rsplit(" ", 1)[0].rstrip(" ,") if " " in subject else subject)
    return caption


def _shorter(kept: Mapping[str, str], name: Element, limit: int) -> str:
    """The element without its last parts, as many as must go; empty if none fits."""
    parts = kept[name].split(", ")
    while parts:
        parts.pop()
        if len(Caption(**{**kept, name: ", ".join(parts)}).text()) <= limit:
            break
    return ", ".join(parts)


@lru_cache(maxsize=1)
def _phrases() -> _Phrases:
    try:
        text = resources.files("tools.language").joinpath("data", "captions.yaml").read_text("utf-8")
        return _Phrases.model_validate(read_yaml(text))
    except (OSError, yaml.YAMLError, ValueError) as error:
        raise Misconfigured(
            f"the caption phrases cannot be read: {error}",
            where="tools/language/data/captions.yaml",
            hint="undo the last edit of that file, or reinstall the package",
        ) from error
