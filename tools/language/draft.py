"""What has been read so far: the Brief in the making, before anything is settled."""

from __future__ import annotations

from dataclasses import dataclass, field

from domain.brief import Brief, Part, ProductMention, Relation
from domain.values import Origin, Size
from tools.language.lexicon import Kind
from tools.language.tokens import key

KNOWN, OURS, GUESSED = 3, 2, 1
"""How sure a product is: known goods, named with "our", or an unknown noun in a product's place."""


@dataclass(slots=True)
class Product:
    """A product in the making; `strength` is KNOWN, OURS or GUESSED."""

    noun: str
    text: str
    count: int = 1
    colours: list[str] = field(default_factory=list)
    attributes: list[str] = field(default_factory=list)
    strength: int = 3


@dataclass(slots=True)
class Said:
    """A value and the request's own words for it."""

    value: str
    said: str


@dataclass(slots=True)
class Draft:
    """Everything read so far. Lists keep the order of the request; `weak_background` waits for a better one."""

    products: list[Product] = field(default_factory=list)
    background: Said | None = None
    weak_background: Said | None = None
    named_place: Said | None = None
    surface: Said | None = None
    looks: dict[Kind, list[Said]] = field(default_factory=dict)
    props: list[Said] = field(default_factory=list)
    relations: list[Relation] = field(default_factory=list)
    avoid: list[Said] = field(default_factory=list)
    text: list[Said] = field(default_factory=list)
    markets: list[Said] = field(default_factory=list)
    languages: list[Said] = field(default_factory=list)
    pending_cities: list[Said] = field(default_factory=list)
    channels: list[Said] = field(default_factory=list)
    size: tuple[Size, str] | None = None
    count: tuple[int, str] | None = None
    notes: list[str] = field(default_factory=list)

    def look(self, kind: Kind, value: str, said: str) -> None:
        """Add one look, once."""
        found = self.looks.setdefault(kind, [])
        if value not in (s.value for s in found):
            found.append(Said(value, said))

    def add(self, where: list[Said], value: str, said: str) -> None:
        """Add to a list, once."""
        if value and value not in (s.value for s in where):
            where.append(Said(value, said))

    def note(self, sentence: str) -> None:
        """Add a note, once."""
        if sentence not in self.notes:
            self.notes.append(sentence)

    def relate(self, subject: str, relation: str, other: str) -> None:
        """Add a relation between two different things, once."""
        found = Relation(subject=subject, relation=relation, object=other)
        if subject and other and subject != other and found not in self.relations:
            self.relations.append(found)

    def settle(self, request: str, brand: str) -> Brief:
        """The Brief: strong products before weak ones, the best background, and nothing both wanted and avoided."""
        strongest = max((p.strength for p in self.products), default=0)
        floor = 2 if strongest >= 2 else strongest
        products = [p for p in self.products if p.strength >= min(floor, 3)]
        for city in self.pending_cities:
            if self.background is None and self.surface is None and self.named_place is None:
                self.named_place = city
            else:
                self.add(self.markets, city.value.split("|")[1], city.said)
        if self.named_place is not None and self.background is not None:
            # "on a terrace ... in Sweden": the place is the terrace, and Sweden is where it will be seen.
            for code in self.named_place.value.partition("|")[2].split() if not self.markets else ():
                self.add(self.markets, code, self.named_place.said)
        for language in self.languages if not self.markets else ():
            self.add(self.markets, language.value, language.said)
        background = self.background or self.named_place or self.surface or self.weak_background
        if background is not None:
            background = Said(background.value.split("|", maxsplit=1)[0], background.said)
        self._withdraw_avoided()
        if background and self._avoided(background.value):
            background = None
        surface = self.surface if self.surface and not self._avoided(self.surface.value) else None
        taken = {key(w) for p in products for w in p.text.split()}
        props = [s for s in self.props if not self._avoided(s.value) and not set(map(key, s.value.split())) <= taken]
        count = Part[int](value=self.count[0], origin=Origin.STATED, said=self.count[1]) if self.count else None
        brief = Brief(
            request=request,
            brand=brand,
            products=tuple(_mention(p) for p in products if not self._avoided(p.noun)),
            background=_part(background),
            surface=_part(surface),
            props=_parts(props),
            relations=tuple(r for r in self.relations if not self._avoided(r.object) and not self._avoided(r.subject)),
            avoid=_parts(self.avoid),
            text=_parts(self.text),
            markets=_parts(self.markets),
            channels=_parts(self.channels),
            size=Part(value=self.size[0], origin=Origin.STATED, said=self.size[1]) if self.size else None,
            notes=tuple(self.notes),
        )
        looks = {kind.value: _joined(said) for kind, said in self.looks.items() if said}
        return brief.model_copy(update={**looks, **({"count": count} if count else {})})

    def _avoided(self, value: str) -> bool:
        """True if `value` is one of the things to avoid, word for word."""
        words = [key(w) for w in value.split()]
        return any(words == [key(w) for w in s.value.split()] for s in self.avoid)

    def _withdraw_avoided(self) -> None:
        for kind, said in self.looks.items():
            self.looks[kind] = [s for s in said if not self._avoided(s.value) and not self._avoided(s.said)]


def _mention(product: Product) -> Part[ProductMention]:
    mention = ProductMention(
        text=product.text,
        noun=product.noun,
        count=max(1, min(product.count, 24)),
        colours=tuple(dict.fromkeys(product.colours)),
        attributes=tuple(dict.fromkeys(product.attributes)),
    )
    return Part(value=mention, origin=Origin.STATED, said=product.text)


def _part(said: Said | None) -> Part[str] | None:
    return Part(value=said.value, origin=Origin.STATED, said=said.said) if said else None


def _parts(many: list[Said]) -> tuple[Part[str], ...]:
    return tuple(Part(value=s.value, origin=Origin.STATED, said=s.said) for s in many)


def _joined(said: list[Said]) -> Part[str]:
    return Part(value=", ".join(s.value for s in said), origin=Origin.STATED, said=", ".join(s.said for s in said))
