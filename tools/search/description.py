"""A product description taken apart: its nouns, the words beside them, what it holds, and its size."""

from __future__ import annotations

import re
from dataclasses import dataclass

from tools.search.lexicon import Term, lexicon, product_words, tokens

_ELSEWHERE = re.compile(
    r"\b(?:on|onto|at|against|beside|behind|under|near|over|above|during|among|between|around|next to|in front of"
    r"|inside|outside|by the|in front|in \w+ light)\b.*",
    re.IGNORECASE,
)
_WITHIN = re.compile(r"\bin (?:a|an|the)\b(.*)", re.IGNORECASE)
_HALF_LITRE = re.compile(r"\bhalf (?:a |an )?lit(?:re|er)\b", re.IGNORECASE)
_LITRE = re.compile(r"\s*\blit(?:re|er)s?\b", re.IGNORECASE)
JOINT = re.compile(r"\b(of|with|in|for|that|which|from)\b", re.IGNORECASE)
_UNITS = {
    "ml": ("ml", 1), "cl": ("ml", 10), "dl": ("ml", 100), "l": ("ml", 1000), "g": ("g", 1), "kg": ("g", 1000),
    "mm": ("mm", 1), "cm": ("mm", 10), "m": ("mm", 1000), "inch": ("mm", 25.4), "oz": ("oz", 1), "w": ("W", 1),
    "gb": ("GB", 1), "tb": ("GB", 1000),
}
_SIZE = re.compile(rf"(\d+(?:[.,]\d+)?)\s*({'|'.join(sorted(_UNITS, key=len, reverse=True))})\b", re.IGNORECASE)


@dataclass(frozen=True)
class Wanted:
    """A product description taken apart. `heads` are the nouns, outermost container first; `contents` are those of the
    heads and terms that stand after "of"; sizes are (unit, amount).
    """

    heads: tuple[Term, ...]
    terms: tuple[Term, ...]
    sizes: tuple[tuple[str, float], ...]
    contents: frozenset[Term] = frozenset()

    @property
    def empty(self) -> bool:
        """Nothing in the text tells products apart."""
        return not (self.heads or self.terms or self.sizes)


def wanted(text: str, noun: str = "") -> Wanted:
    """Take a description apart: "a chilled can of blood orange on a beach" -> heads can, term blood orange.

    What follows a word of place is about the scene and is left out. `noun` names the head where it is known already.
    """
    described = _ELSEWHERE.sub("", _LITRE.sub(" l", _HALF_LITRE.sub("500 ml", text))) or text
    within = _WITHIN.search(described)
    if within and not _of_product(within.group(1)):
        described = described[: within.start()] or described
    sizes = sizes_in(described)
    described = _SIZE.sub(" ", described).replace("without ", "no ")
    parts = JOINT.split(described)
    heads: list[Term] = []
    terms: list[Term] = []
    contents: set[Term] = set()
    for number in range(0, len(parts), 2):
        joint = parts[number - 1].lower() if number else ""
        read = [term for term in product_words().read(tokens(parts[number])) if not term.names("filler")]
        if joint == "with":
            read = [term for term in read if str(term) not in lexicon().parts]
        if number == 0 and read and read[0].words[0].isdigit():
            read = read[1:]
        if not read:
            continue
        last = read[-1]
        contents |= set(read) if joint == "of" else set()
        if joint in {"", "of"} and (last.names("product") or not last.senses):
            heads.append(last)
            read = read[:-1]
        terms += read
    named = [term for term in product_words().read(tokens(noun)) if not term.names("filler")]
    if named and not any({*named[-1].words} & {*head.words} for head in heads):
        heads = [named[-1], *heads]
    return Wanted(tuple(heads), tuple(terms), sizes, frozenset(contents))


def _of_product(text: str) -> bool:
    """Whether what stands after "in the" is still the product: "the soda in the orange tin", not "in the kitchen"."""
    last = product_words().read(tokens(re.split(r"[,.;]", text)[0]))[-1:]
    return bool(last) and bool({*last[0].names("product")} & {*lexicon().containers} or last[0].names("colour"))


def sizes_in(text: str) -> tuple[tuple[str, float], ...]:
    """Amounts in a text as (unit, amount), in millilitres, grams, millimetres, ounces, watts and gigabytes."""
    found = [(float(number.replace(",", ".")), *_UNITS[unit.lower()]) for number, unit in _SIZE.findall(text)]
    return tuple((unit, round(number * factor, 3)) for number, unit, factor in found)
