"""The built-in reader: an English request to a Brief, by lexicon and grammar, without a model.

The same request always gives the same Brief, nothing is invented, and every field carries its origin. The only error
raised on purpose is BadInput, for a request without words.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date

from domain.brief import Brief, Part
from domain.values import BrandId, Origin
from tools.language.draft import KNOWN
from tools.language.grammar import parse
from tools.language.items import items
from tools.language.lexicon import Kind, load_lexicon
from tools.language.remarks import LANGUAGES, foreign_language, names_own, other_brands
from tools.language.spelling import Speller
from tools.language.tokens import tokens

_SEASONS = (
    "winter",
    "winter",
    "spring",
    "spring",
    "spring",
    "summer",
    "summer",
    "summer",
    "autumn",
    "autumn",
    "autumn",
    "winter",
)
_NOW = ("this season", "current season", "the season's", "for the season", "seasonal")


class BuiltinReader:
    """Implements `domain.ports.Reader`. `vocabulary` is the titles and nouns of the brand's library, if known."""

    def __init__(self, vocabulary: Iterable[str] = ()) -> None:
        base = load_lexicon()
        own = tuple(vocabulary)
        self._lexicon = base.with_vocabulary(own) if own else base
        single = {
            word for keys, senses in self._lexicon.phrases.items() for word in keys if senses.keys() - {Kind.TRADEMARK}
        }
        self._speller = Speller(single, self._lexicon.words)

    def read(self, request: str, brand: BrandId, *, today: date | None = None) -> Brief:
        """The Brief of `request` for `brand`.

        `today` settles what depends on the calendar ("a seasonal picture": the season of the northern year). Raises
        BadInput if the request is empty, has no words, or is longer than `tokens.LONGEST_REQUEST`.
        """
        draft = parse(items(request, tokens(request), self._lexicon, self._speller), self._lexicon)
        draft.notes = [note for note in draft.notes if not names_own(note, brand)]
        for name in other_brands(request, brand):
            draft.note(f"names another brand: {name}")
        language = foreign_language(request)
        if language:
            draft.products = [p for p in draft.products if p.strength == KNOWN]
            draft.note(f"the request seems to be in {LANGUAGES[language]}; the built-in reader reads English")
        brief = draft.settle(request, brand).model_copy(update={"language": language or "en"})
        return _seasonal(brief, today) if today is not None else brief


def _seasonal(brief: Brief, today: date) -> Brief:
    said = next((phrase for phrase in _NOW if phrase in brief.request.lower()), None)
    if said is None or brief.season is not None:
        return brief
    season = Part[str](value=_SEASONS[today.month - 1], origin=Origin.LOOKED_UP, said=said)
    return brief.model_copy(update={"season": season})
