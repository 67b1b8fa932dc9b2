"""Rules a person states in a request ("we never use snow"): which sentences are one, and what each says.

Read by the built-in grammar alone, whatever reads the rest of the request: what is remembered stands in the person's
own words, never in a model's.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from domain.brief import Brief, Part
from domain.errors import BadInput
from domain.remembered import GROWING_FIELDS, LIST_FIELDS, REMEMBERED_FIELDS, StatedRule
from domain.values import Origin
from tools.language.reader import BuiltinReader

_QUOTED = re.compile(r"\"[^\"\n]*\"|“[^”\n]*”|„[^“”\n]*[“”]|«[^»\n]*»|(?<!\w)['‘][^'’\n]{2,}['’](?!\w)")
_SENTENCE = re.compile(r"[^.!?;\n]+")
_SPEAKER = r"(?P<who>we|our\s+(?:\w+\s+){0,2}?\w+|the\s+brand|i|my\s+\w+)"
_AUXILIARY = r"(?:do|does|should|must|may|can|will|are|is)"
_NOT_EVER = re.compile(rf"(?:{_AUXILIARY}\s+not|don['’]t|doesn['’]t|mustn['’]t)\s+ever\b", re.IGNORECASE)
_ADVERB = rf"(?:always|never|only\s+ever|{_NOT_EVER.pattern})"
_RULE = re.compile(
    rf"\b{_SPEAKER}\s+(?:{_AUXILIARY}\s+)?{_ADVERB}\b"
    rf"|\b(?:from\s+now\s+on|as\s+a\s+rule|by\s+default|in\s+every\s+picture|in\s+all\s+(?:our\s+)?pictures)\b"
    rf"|\b(?:please\s+)?remember\s*(?:that\b|this\b|:)"
    rf"|\b(?P<default>our|my)\s+default\b",
    re.IGNORECASE,
)
_PERSONAL = re.compile(r"\b(?:i|my|me)\b", re.IGNORECASE)
_BRAND = re.compile(r"\b(?:we|our|us|the\s+brand)\b", re.IGNORECASE)
_NEXT_CLAUSE = re.compile(r",?\s+(?:and|but)\s+(?=(?:we\s+|i\s+)?(?:always|never)\b)", re.IGNORECASE)
_OF_OTHERS = re.compile(r"\b(?:customers?|people|they|competitors?|users?|clients?)\b[^,]*$", re.IGNORECASE)
"""Before the adverb: "our customers always ..." tells of others."""


def stated_rules(
    request: str, reader: BuiltinReader, brand: str, names: Sequence[str] = ()
) -> tuple[StatedRule, ...]:
    """The rules a request states for work to come, in its order. `names` are what the brand is called.

    A sentence is a rule when it speaks for the brand or the speaker and for more than this picture: "we never", "I
    always", "from now on", "as a rule", "by default", "remember that". Quoted wording never is. Its value is what the
    sentence by itself is understood as; what it says of products, props and words to set is not kept.
    """
    found: dict[tuple[str, str], StatedRule] = {}
    for sentence in _sentences(request):
        marker = _RULE.search(_as_we(sentence, names))
        if marker is None or _OF_OTHERS.search(sentence[: marker.end()].rpartition(" ")[0]):
            continue
        personal = bool(_PERSONAL.search(sentence)) and not _BRAND.search(sentence)
        for field, value in (v for clause in _NEXT_CLAUSE.split(sentence) for v in _values(reader, clause, brand)):
            rule = StatedRule(field=field, value=value, said=sentence, personal=personal)
            found.setdefault((field, value), rule)
    return tuple(found.values())


def _as_we(sentence: str, names: Sequence[str]) -> str:
    """The sentence with the brand's own name as "we"."""
    for name in names:
        sentence = re.sub(rf"\b{re.escape(name)}\b", "we", sentence, flags=re.IGNORECASE)
    return sentence


def _sentences(request: str) -> list[str]:
    plain = _QUOTED.sub(lambda quoted: " " * len(quoted[0]), request)
    return [" ".join(piece.split()) for piece in _SENTENCE.findall(plain) if piece.strip()]


def _values(reader: BuiltinReader, sentence: str, brand: str) -> list[tuple[str, str]]:
    """Field and value of everything a sentence states that may be remembered."""
    try:
        brief = reader.read(_NOT_EVER.sub("never", sentence), brand)
    except BadInput:
        return []
    values = []
    for field in REMEMBERED_FIELDS:
        for part in parts_of(brief, field):
            if part.origin is Origin.STATED:
                values.append((field, str(part.value)))
    return values


def parts_of(brief: Brief, field: str) -> tuple[Part[object], ...]:
    """The parts of one field, whether it holds one or several."""
    value = getattr(brief, field)
    if field in LIST_FIELDS or field in GROWING_FIELDS:
        return tuple(value)
    return (value,) if value is not None else ()
