"""What is remarkable about a request as a whole: another brand in it, or another language. Noted, never acted on."""

from __future__ import annotations

import re

from domain.values import BrandId
from tools.language.tokens import fold

LANGUAGES = {
    "de": "German",
    "fr": "French",
    "es": "Spanish",
    "it": "Italian",
    "pt": "Portuguese",
    "nl": "Dutch",
    "sv": "Swedish",
    "da": "Danish or Norwegian",
    "fi": "Finnish",
    "pl": "Polish",
}
_STOPWORDS = {
    "de": "der die das und ein eine einen mit für auf im am ist nicht von bild unser unsere bitte wir auch zu zum",
    "fr": "le la les et un une des avec pour sur dans est pas notre nos du au aux image nous ce cette qui sans",
    "es": "el los las y un una con para en es no nuestra nuestro del al imagen por que sin foto",
    "it": "il lo gli e un una con per su nel nella non nostra nostro della del immagine che senza foto",
    "pt": "o os as e um uma com para em não nossa nosso da do na no imagem que sem",
    "nl": "de het een en met voor op van niet onze ons foto afbeelding wij zonder graag",
    "sv": "och en ett med för på av inte vår vårt våra bild vi utan som till är ska",
    "da": "og en et med på af ikke vores billede vi uden som til er skal vår vårt bilde",
    "fi": "ja kuva meidän ilman joka on ei rannalla kanssa tölkki pöydällä",
    "pl": "i z na do w nie nasz nasza zdjęcie bez dla oraz jest",
}
_ENGLISH = frozenset(
    [
        "the",
        "a",
        "an",
        "and",
        "or",
        "of",
        "with",
        "for",
        "on",
        "in",
        "our",
        "your",
        "we",
        "is",
        "are",
        "to",
        "no",
        "not",
        "from",
        "by",
        "at",
        "it",
        "this",
        "that",
        "please",
        "i",
        "me",
        "my",
        "as",
        "be",
        "show",
        "make",
    ]
)
_NEEDED = 2
_BRAND = (
    re.compile(
        r"\b(?:switch(?:ing)?|change|log ?in|move|go) (?:over )?(?:to|as|into) (?:the )?(?:brand )?([\w&.'’-]+)"
        r"(?:['’]s)? (?:brand|account|tenant|library|workspace)\b",
        re.I,
    ),
    re.compile(r"\b(?:brand|tenant|client|account)\s*(?:id|name)?\s*(?:[:=]|is)\s*[\"'“]?([A-Za-z0-9][\w&.-]+)", re.I),
    re.compile(r"\b(?:for|as|from|under|with) (?:the )?brand [\"'“]?([A-Za-z0-9][\w&.-]+)", re.I),
    re.compile(r"\b([A-Z][\w&.-]+)['’]s (?:brand ?book|assets|library|products?|account|campaign)\b"),
    re.compile(r"\b(?:for|from|under) (?:the )?([A-Z][\w&.-]+) brand\b"),
)


def other_brands(request: str, brand: BrandId) -> list[str]:
    """Names that the request gives as a brand and that are not `brand`."""
    found: list[str] = []
    for pattern in _BRAND:
        for match in pattern.finditer(request):
            name = match.group(1).strip(".,'’\"").removesuffix("'s").removesuffix("’s")
            if name and not _same(name, brand) and fold(name) not in _NOT_NAMES and name not in found:
                found.append(name)
    return found


_NOT_NAMES = frozenset(
    [
        "our",
        "the",
        "my",
        "your",
        "this",
        "that",
        "book",
        "new",
        "own",
        "a",
        "an",
        "it",
        "safe",
        "friendly",
        "guidelines",
        "guideline",
        "colours",
        "colors",
        "colour",
    ]
)


def names_own(note: str, brand: BrandId) -> bool:
    """True for a note about another brand that names `brand` itself."""
    prefix = "names another brand: "
    return note.startswith(prefix) and _same(note.removeprefix(prefix), brand)


def _same(name: str, brand: BrandId) -> bool:
    return re.sub(r"\W", "", fold(name)) == re.sub(r"\W", "", fold(brand))


def foreign_language(request: str) -> str | None:
    """The language of the request if it is clearly not English: its small words outnumber the English ones."""
    words = [w.lower() for w in re.findall(r"[^\W\d_]+", request)]
    english = sum(w in _ENGLISH for w in words)
    scores = {code: sum(w in stop for w in words) for code, stop in _STOP.items()}
    best = max(scores, key=lambda code: scores[code])
    return best if scores[best] >= _NEEDED and scores[best] > 2 * english else None


_STOP = {code: frozenset(words.split()) for code, words in _STOPWORDS.items()}
