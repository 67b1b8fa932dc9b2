"""The feedback words of `data/feedback.yaml`, ready to be matched."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from importlib import resources

import yaml
from pydantic import BaseModel, ConfigDict, ValidationError

from domain.candidate import EditTarget
from domain.documents import read_yaml
from domain.errors import Misconfigured
from domain.values import Light
from tools.language.lexicon import Keys, load_lexicon, phrase_keys


class _Data(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class _Way(_Data):
    comparatives: tuple[str, ...] = ()
    adjectives: tuple[str, ...] = ()
    nouns: tuple[str, ...] = ()


class Field(_Data):
    """One field that feedback can change: by a factor, or by steps within `low`..`high`."""

    target: EditTarget
    name: str
    step: float
    factor: bool = False
    low: float = 0.0
    high: float = 2.0
    more: _Way
    less: _Way


class Direction(_Data):
    """A way to move: the field and its sign."""

    field: str
    sign: int


class _File(_Data):
    fields: dict[str, Field]
    directions: dict[str, Direction]
    degrees: dict[str, tuple[str, ...]]
    lettering: tuple[str, ...]
    label: tuple[str, ...]
    less: tuple[str, ...]
    more: tuple[str, ...]
    remove: tuple[str, ...]
    too: tuple[str, ...]
    phrasal: tuple[str, ...]
    complaints: tuple[str, ...]
    asked: tuple[str, ...]
    wishes: tuple[str, ...]
    dislikes: tuple[str, ...]
    mirror: tuple[str, ...]
    other_scene: tuple[str, ...]
    turn: tuple[str, ...]
    straight: tuple[str, ...]
    grounded: tuple[str, ...]
    approvals: tuple[str, ...]
    lights: dict[str, tuple[Light, ...]]


class Phrases:
    """A set of phrases that can be looked for among keys."""

    def __init__(self, phrases: tuple[str, ...]) -> None:
        self._phrases = frozenset(phrase_keys(p) for p in phrases)
        self._longest = max((len(p) for p in self._phrases), default=0)

    def match_any(self, words: Keys) -> bool:
        """True if any phrase stands in `words`."""
        return any(
            words[i : i + n] in self._phrases for n in range(1, self._longest + 1) for i in range(len(words) - n + 1)
        )


@dataclass(frozen=True, slots=True)
class Entry:
    """What one phrase does: raise (+1) or lower (-1) a field, as a comparative, an adjective or a noun."""

    field: str
    sign: int
    comparative: bool = False
    noun: bool = False


@dataclass(frozen=True)
class Rules:
    """Everything feedback is read by."""

    fields: Mapping[str, Field]
    directions: Mapping[str, Direction]
    entries: Mapping[Keys, Entry]
    lights: Mapping[Keys, tuple[str, ...]]
    small: Phrases
    large: Phrases
    lettering: Phrases
    label: Phrases
    less: Phrases
    more: Phrases
    remove: Phrases
    too: Phrases
    phrasal: Phrases
    complaints: Phrases
    asked: Phrases
    wishes: Phrases
    dislikes: Phrases
    mirror: Phrases
    other_scene: Phrases
    turn: Phrases
    straight: Phrases
    grounded: Phrases
    approvals: Phrases

    def without_phrasal(self, words: Keys) -> Keys:
        """The words without "tone down", "turn up" and the like."""
        kept: list[str] = []
        i = 0
        while i < len(words):
            if self.phrasal.match_any(words[i : i + 2]) and len(words[i : i + 2]) == 2:
                i += 2
            else:
                kept.append(words[i])
                i += 1
        return tuple(kept)

    def matches(self, words: Keys) -> Iterator[tuple[Entry, int, int]]:
        """Entries found in `words` with their place and length, longest first."""
        longest = max(len(keys) for keys in self.entries)
        for n in range(min(longest, len(words)), 0, -1):
            for i in range(len(words) - n + 1):
                entry = self.entries.get(words[i : i + n])
                if entry is not None:
                    yield entry, i, n


@lru_cache(maxsize=1)
def load_rules() -> Rules:
    """The shipped rules, read once. Raises Misconfigured if the file is missing or malformed."""
    load_lexicon()  # fills the plurals that `phrase_keys` leaves alone
    try:
        text = resources.files("tools.language").joinpath("data", "feedback.yaml").read_text("utf-8")
        raw = read_yaml(text)
        file = _File.model_validate(raw)
    except (OSError, yaml.YAMLError, ValidationError) as error:
        raise Misconfigured(
            f"the feedback words cannot be read: {error}",
            where="tools/language/data/feedback.yaml",
            hint="undo the last edit of that file, or reinstall the package",
        ) from error
    entries: dict[Keys, Entry] = {}
    for name, rule in file.fields.items():
        for sign, way in ((1, rule.more), (-1, rule.less)):
            for phrase in way.comparatives:
                entries.setdefault(phrase_keys(phrase), Entry(name, sign, comparative=True))
            for phrase in way.adjectives:
                entries.setdefault(phrase_keys(phrase), Entry(name, sign))
            for phrase in way.nouns:
                entries.setdefault(phrase_keys(phrase), Entry(name, sign, noun=True))
    return Rules(
        fields=file.fields,
        directions=file.directions,
        entries=entries,
        lights={phrase_keys(p): tuple(light.value for light in lights) for p, lights in file.lights.items()},
        small=Phrases(file.degrees["small"]),
        large=Phrases(file.degrees["large"]),
        **{
            name: Phrases(getattr(file, name))
            for name in (
                "lettering",
                "label",
                "less",
                "more",
                "remove",
                "too",
                "phrasal",
                "complaints",
                "asked",
                "wishes",
                "dislikes",
                "mirror",
                "other_scene",
                "turn",
                "straight",
                "grounded",
                "approvals",
            )
        },
    )
