"""Whether an asset is the product a text describes, and how well: never another one in its place.

Every content word of the description must be borne out by the asset: the noun by its own group of synonyms, a colour by
the asset's colours, a flavour, variety or size by the very same. What the asset contradicts or, for words that tell
products apart, does not say, is a veto. The embedder only orders what passed and what came near.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

from domain.assets import FITS, Asset
from tools.search.description import JOINT, Wanted, sizes_in
from tools.search.lexicon import Term, lexicon, product_words, tokens

VETO = 0.0
UNSAID_MATERIAL = 0.85
UNSAID_FEATURE = 0.9
UNSAID_ADJECTIVE = 0.85
UNSAID_COLOUR = 0.8
UNSAID_SIZE = 0.85
UNSAID_CONTAINER = 0.95
UNSAID_CONTENT = 0.95
SECOND_COLOUR = 0.93
"""Factors on the score for what an asset leaves open: weaker evidence, not a contradiction."""

_ADJECTIVE = re.compile(r"(?:ful|ous|ish|ese|y|ian)$")
"""Endings of words that praise or place a product; "-ed", "-ing" and "-ic" tell products apart: electric, rocking."""


@dataclass(frozen=True)
class Verdict:
    """How an asset answers a description: `fit` 0 (vetoed) to 1, the share of terms met, and the reasons."""

    fit: float
    met: float
    why: str


@dataclass(frozen=True)
class Facts:
    """What an asset says about itself, read once."""

    asset: Asset

    @cached_property
    def named(self) -> list[Term]:
        """Terms of title and tags."""
        title = JOINT.split(self.asset.title)[0]
        return [term for part in (title, *self.asset.tags) for term in product_words().read(tokens(part))]

    @cached_property
    def said(self) -> list[Term]:
        """Terms of title, tags, colours and description."""
        parts = (self.asset.title, *self.asset.tags, *self.asset.colours, self.asset.description)
        return [term for part in parts for term in product_words().read(tokens(part))]

    @cached_property
    def words(self) -> frozenset[str]:
        """Every word it says."""
        return frozenset(word for term in self.said for word in term.words)

    @cached_property
    def nouns(self) -> frozenset[str]:
        """What kind of product it says it is, by lexicon name.

        The title decides. Beside a title that names a product, tags may name what it is sold in and wider or narrower
        words, but no other product: a mug tagged "tea" is no tea.
        """
        titled = _products(self._read(JOINT.split(self.asset.title)[0]))
        lead = self._read(JOINT.split(re.split(r"[,.;]", self.asset.description)[0])[0])[-1:]
        others = _products([term for tag in self.asset.tags for term in self._read(tag)]) | _products(lead)
        holders = frozenset(lexicon().containers)
        if titled <= holders:
            return titled | others
        return titled | {name for name in others if any(
            lexicon().narrower(name) & ({own} | holders) or name in lexicon().narrower(own) for own in titled
        )}

    @staticmethod
    def _read(text: str) -> list[Term]:
        return product_words().read(tokens(text))

    @cached_property
    def noun_words(self) -> frozenset[str]:
        """Words of title and tags, for nouns the lexicon does not know."""
        return frozenset(word for term in self.named for word in term.words)

    @cached_property
    def colours(self) -> tuple[str, ...]:
        """Colour names, those of the row first."""
        own = [name for colour in self.asset.colours for term in product_words().read(tokens(colour))
               for name in term.names("colour")]
        return tuple(own or [name for term in self.said for name in term.names("colour")])

    def names(self, facet: str) -> frozenset[str]:
        """Everything said within one facet."""
        return frozenset(name for term in self.said for name in term.names(facet))

    @cached_property
    def sizes(self) -> tuple[tuple[str, float], ...]:
        """Units and amounts."""
        return sizes_in(" ".join((self.asset.title, self.asset.description, *self.asset.tags)))


def _products(terms: Sequence[Term]) -> frozenset[str]:
    """Product names among terms; of what can also be a material ("glass", "tin") only where nothing else is named."""
    found = [term for term in terms if term.names("product")]
    plain = [term for term in found if not term.names("material")]
    return frozenset(name for term in plain or found for name in term.names("product"))


def judge(ask: Wanted, facts: Facts) -> Verdict:
    """Hold one asset against a description."""
    if ask.empty:
        return Verdict(VETO, 0.0, "nothing in the words names a product")
    vessel = any(_is_a(head, facts) and set(lexicon().vessels) & set(head.names("product")) for head in ask.heads)
    # "a mug of cocoa": what a vessel is sold without may go unsaid.
    spare = ask.contents if vessel else frozenset()
    marks: list[tuple[float, str]] = [*_heads(ask, facts, spare)]
    marks += [_spared(term, _term(term, facts), spare) for term in ask.terms]
    marks += [_size(size, facts) for size in ask.sizes]
    fit = 1.0
    for factor, _ in marks:
        fit *= factor
    met = sum(factor > VETO for factor, _ in marks) / len(marks)
    reasons = [text for factor, text in marks if factor == VETO] or [text for _, text in marks]
    return Verdict(fit if fit >= FITS else VETO, met, "; ".join(reasons))


def _spared(term: Term, mark: tuple[float, str], spare: frozenset[Term]) -> tuple[float, str]:
    return (UNSAID_CONTENT, f"{term} not mentioned") if term in spare and mark[0] == VETO else mark


def _heads(ask: Wanted, facts: Facts, spare: frozenset[Term]) -> list[tuple[float, str]]:
    containers = set(lexicon().containers)
    marks = []
    # In "shampoo bottle" and "bottle of shampoo" the content names the product; the bottle may go unsaid.
    nouns = [term for term in (*ask.heads, *ask.terms) if not containers & {*term.names("product")}]
    contents = [term for term in nouns if _is_a(term, facts)]
    for head in ask.heads:
        if _is_a(head, facts) or (not head.names("product") and set(head.words) <= facts.noun_words):
            marks.append((1.0, f"{head}"))
        elif containers & set(head.names("product")) and contents and not containers & facts.nouns:
            marks.append((UNSAID_CONTAINER, f"{head} not mentioned"))
        elif head.names("product"):
            marks.append(_spared(head, (VETO, f"not a {head}"), spare))
        else:
            marks.append(_spared(head, _term(head, facts, noun=True), spare))
    return marks


def _is_a(term: Term, facts: Facts) -> bool:
    """The asset is what the term names, or something narrower; or a wider noun with the term's own words beside it."""
    names = term.names("product")
    if any(lexicon().narrower(name) & facts.nouns for name in names):
        return True
    wider = any(name in lexicon().narrower(noun) for noun in facts.nouns for name in names)
    return wider and len(term.words) > 1 and set(term.words) <= facts.noun_words


def _term(term: Term, facts: Facts, *, noun: bool = False) -> tuple[float, str]:
    """The mark of one word beside the noun: 1 borne out, less when left open, `VETO` when another product is meant."""
    borne_out = _borne_out(term, facts)
    if borne_out > 0:
        return borne_out, str(term)
    for facet, told, factor in (
        ("material", sorted(facts.names("material")), UNSAID_MATERIAL),
        ("flavour", sorted(facts.names("flavour")), VETO),
        ("variety", sorted(facts.names("variety")), VETO),
        ("colour", list(facts.colours[:2]), UNSAID_COLOUR),
        ("feature", [], UNSAID_FEATURE),
    ):
        if term.names(facet):
            # What the asset tells of this facet is something else; what it leaves open is only weaker evidence.
            return (VETO, f"{' and '.join(told)}, not {term}") if told else (factor, f"{term} not mentioned")
    if not noun and not term.senses and _ADJECTIVE.search(term.words[-1]):
        return UNSAID_ADJECTIVE, f"{term} not mentioned"
    return VETO, f"nothing says {term}"


def _borne_out(term: Term, facts: Facts) -> float:
    """How well an asset bears a word out in any of its senses, 0 when in none."""
    if set(term.words) <= facts.words and not _outspoken(term, facts):
        return 1.0
    if _is_a(term, facts):
        return 1.0
    if any(set(term.names(facet)) & facts.names(facet) for facet in ("flavour", "variety", "feature")):
        return 1.0
    made = {part for name in term.names("material") for part in (name, *lexicon().materials[name])}
    if made & (facts.names("material") | {str(said) for said in facts.said}):
        return 1.0
    return max((_shade(colour, facts.colours) for colour in term.names("colour")), default=0.0)


def _outspoken(term: Term, facts: Facts) -> bool:
    """Whether a word occurs in the asset's texts but its facet speaks against it: the other half of a longer phrase,
    or a colour of the label where the row names the product's colours.
    """
    if term.names("colour") and facts.asset.colours and not term.names("flavour"):
        return not any(_shade(colour, facts.colours) for colour in term.names("colour"))
    return bool(term.names("flavour")) and not set(term.names("flavour")) & facts.names("flavour")


def _shade(colour: str, have: Sequence[str]) -> float:
    """How well a colour is borne out: by name, by its basic colour, or by a colour further down the list."""
    if colour in have:
        return 1.0 if have[0] == colour else SECOND_COLOUR
    basics = set(lexicon().colours[colour])
    for place, other in enumerate(have):
        if basics & set(lexicon().colours.get(other, ())):
            return 0.97 if place == 0 else SECOND_COLOUR * 0.97
    return 0.0


def _size(size: tuple[str, float], facts: Facts) -> tuple[float, str]:
    unit, amount = size
    if size in facts.sizes:
        return 1.0, f"{amount:g} {unit}"
    others = [value for other, value in facts.sizes if other == unit]
    if others:
        return VETO, f"{others[0]:g} {unit}, not {amount:g}"
    return UNSAID_SIZE, f"{amount:g} {unit} not mentioned"
