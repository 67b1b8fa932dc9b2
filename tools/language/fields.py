"""What a noun phrase writes into the draft once its role is known. Each returns the role it has filled."""

from __future__ import annotations

from collections.abc import Sequence

from tools.language.draft import Product, Said
from tools.language.items import GEO, Item
from tools.language.lexicon import LOOKS, Kind, Lexicon
from tools.language.phrases import Phrase
from tools.language.reading import Reading

RELATING = frozenset(
    {
        "on",
        "over",
        "under",
        "above",
        "next to",
        "behind",
        "in front of",
        "between",
        "around",
        "left of",
        "right of",
        "against",
    }
)
"""Prepositions that make a Relation of the Brief."""
PROPER = (Kind.COUNTRY, Kind.CITY)


def looks(r: Reading, items: Sequence[Item]) -> bool:
    """Set the looks among `items`; True if there were any."""
    found = False
    for item in items:
        for kind in LOOKS:
            if kind in item.senses:
                r.draft.look(kind, item.senses[kind], item.text.lower())
                found = True
                break
    return found


def product(r: Reading, phrase: Phrase, strength: int = 3) -> str:
    """Add a product, or what is new about one already named."""
    head, draft = phrase.head, r.draft
    assert head is not None
    noun = noun_of(head, r.lexicon)
    own = head.word.split()
    attributes = [" ".join(own[:-1])] if len(own) > 1 and " ".join(own) not in r.lexicon.whole else []
    for item in phrase.modifiers:
        if Kind.LIGHT in item.senses and not item.is_a(Kind.SHADE, Kind.ADJECTIVE):
            draft.look(Kind.LIGHT, item.senses[Kind.LIGHT], item.text.lower())
        elif item.word not in r.lexicon.evaluative and not says_nothing(item):
            attributes.append(item.text.lower())
        if Kind.THEME in item.senses:
            draft.look(Kind.THEME, item.senses[Kind.THEME], item.text.lower())
    attributes += [tag.removeprefix("named:") for item in phrase.items for tag in item.tags if tag.startswith("named:")]
    count = phrase.count or r.clause.count or 1
    r.clause.count = 0
    if noun in r.lexicon.sets and phrase.modifiers and phrase.modifiers[-1].is_a(Kind.GOODS):
        goods = phrase.modifiers[-1]
        attributes[-1:] = [*goods.keys[:-1], noun]
        noun = noun_of(goods, r.lexicon)  # "a sofa set": sofas
    if noun in r.lexicon.paired and count == 2 and "pair" in phrase.determiner:
        count = 1
    text = wording([item for item in phrase.core if item.word not in r.lexicon.evaluative])
    if _apposition(r, phrase):
        named = draft.products[-1]
        named.attributes = [*named.attributes, named.noun, *(a for a in attributes if a)]
        named.attributes[:2] = [" ".join(named.attributes[:2])] if len(named.attributes) > 2 else named.attributes[:2]
        named.noun, named.text = noun, f"{named.text}, {text}"
        return "product"
    if draft.products and r.clause.preposition == "of" and draft.products[-1].noun in r.lexicon.sets:
        draft.products.pop()  # "a set of three knives": the knives
    listed = r.clause.joined and (r.clause.joiner != "," or not phrase.determiner)
    same = next((p for p in draft.products if p.noun == noun and _mergeable(p, phrase, attributes, listed)), None)
    if same is not None:
        same.colours += [c for c in phrase.colours if c not in same.colours]
        same.attributes += [a for a in attributes if a and a not in same.attributes]
        same.count = max(same.count, count)
        same.strength = max(same.strength, strength)
        same.text = max(same.text, text, key=len)
    else:
        draft.products.append(Product(noun, text, count, list(phrase.colours), [a for a in attributes if a], strength))
    return "product"


def prop(r: Reading, phrase: Phrase, relation: str = "") -> str:
    """Add a prop or a person, and where it stands to what was named before."""
    head, draft = phrase.head, r.draft
    assert head is not None
    looks(r, [m for m in phrase.modifiers if m.is_a(Kind.THEME, Kind.SEASON)])
    words = wording([i for i in phrase.core if not (i.is_a(Kind.THEME, Kind.SEASON) and i is not head)])
    draft.add(draft.props, words, words)
    if relation in RELATING:
        ends = (r.subject, noun_of(head, r.lexicon))
        draft.relate(ends[r.clause.passive], relation, ends[not r.clause.passive])
    return "prop"


def place(r: Reading, phrase: Phrase) -> str:
    """Set the background or the surface; looks among the modifiers set their own fields."""
    head, draft = phrase.head, r.draft
    assert head is not None
    looks(r, [i for i in phrase.modifiers if not i.is_a(*PROPER)])
    tangible = (Kind.MATERIAL, Kind.SURFACE, Kind.PLACE)
    kept = [i for i in phrase.core if i is head or not i.is_a(*LOOKS) or i.is_a(*tangible)]
    words = wording(kept)
    said = wording(phrase.items)
    surface = head.is_a(Kind.SURFACE) or (head.is_a(Kind.MATERIAL) and not head.is_a(Kind.PLACE))
    if surface and (head.is_a(Kind.PLACE) is False or r.clause.preposition == "on"):
        draft.surface = draft.surface or Said(words, said)
    elif draft.background is None:
        draft.background = Said(words, said)
    else:
        _second_place(r, words, said)
    return "place"


def _second_place(r: Reading, words: str, said: str) -> None:
    """A further place ("rooftop ... city skyline") completes the background; a third is left out."""
    assert r.draft.background is not None
    if (
        words not in r.draft.background.value
        and not words.endswith(("sky", "outdoors"))
        and r.draft.background.value.count(",") < 2
    ):
        r.draft.background = Said(f"{r.draft.background.value}, {words}", f"{r.draft.background.said}, {said}")


def light(r: Reading, phrase: Phrase) -> str:
    """ "soft morning light": the time of day, and the light by its adjective."""
    other = (Kind.TIME, Kind.SEASON, Kind.WEATHER, Kind.THEME)
    adjectives = [m for m in phrase.modifiers if not m.is_a(*other) and m.word not in r.lexicon.evaluative]
    if phrase.colours:
        r.draft.look(Kind.LIGHT, f"{' and '.join(phrase.colours)} light", wording(phrase.items))
    looks(r, [m for m in phrase.modifiers if m not in adjectives])
    head = phrase.head
    assert head is not None
    if adjectives:
        words = " ".join(m.text.lower() for m in adjectives)
        senses = r.lexicon.phrases.get((*adjectives[-1].keys, "light"), {})
        named = senses.get(Kind.LIGHT) or adjectives[-1].senses.get(Kind.LIGHT)
        value = named or f"{words} {head.text.lower() if head.word == 'shadow' else 'light'}"
        r.draft.look(Kind.LIGHT, value, f"{words} {head.text.lower()}")
    elif head.word == "sun":
        r.draft.look(Kind.LIGHT, "sunlit", wording(phrase.items))
    return "look"


def says_nothing(item: Item) -> bool:
    """True for "brand", "product": nouns about the request, which say nothing about the thing."""
    return set(item.senses) <= {Kind.ABSTRACT, Kind.AUDIENCE, Kind.OUTPUT} and bool(item.senses)


def _apposition(r: Reading, phrase: Phrase) -> bool:
    """True for "the 75 ml tube" in "our hand cream, the 75 ml tube": a pack named after what is in it."""
    head, clause = phrase.head, r.clause
    if (
        head is None
        or not r.draft.products
        or not (clause.joined and clause.joiner == "," and clause.role == "product")
    ):
        return False
    noun = r.draft.products[-1].noun
    return phrase.determiner == "the" and head.word in r.lexicon.containers and noun not in r.lexicon.containers


def _mergeable(product: Product, phrase: Phrase, attributes: Sequence[str], listed: bool) -> bool:
    """True if `phrase` speaks of `product` again: "the can", or the same words.

    Another colour makes another one; in a list so do other words: "lemon can and blood orange can".
    """
    if phrase.colours and product.colours and set(phrase.colours) != set(product.colours):
        return False
    old, new = {*product.attributes, *product.colours}, {*attributes, *phrase.colours}
    if listed and old and new and old.isdisjoint(new):
        return False
    return phrase.definite or not phrase.determiner or set(attributes) <= set(product.attributes)


def noun_of(head: Item, lexicon: Lexicon) -> str:
    """The head noun in singular: the last word of its phrase, unless the phrase is one word in all but writing."""
    return head.word if head.word in lexicon.whole else head.keys[-1]


def wording(items: Sequence[Item]) -> str:
    """The items' own words in order; lower case but for names."""
    words: list[str] = []
    for item in items:
        name = item.is_a(*GEO, Kind.REGION, Kind.TRADEMARK) or (
            not item.senses and not item.text.isupper() and "first" not in item.tags
        )
        text = item.text if name else item.text.lower()
        if item.glued and words:
            words[-1] += "-" + text
        else:
            words.append(text)
    return " ".join(words)
