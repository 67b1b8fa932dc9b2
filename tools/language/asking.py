"""What is worth asking about a Brief, and the Brief after an answer.

A question's `gain` is how much its answer would change the plan: 1 if there is none without it, near 0 if it tunes.
Nothing stated is asked about. The caller asks at most two; the rest keep their defaults, marked as assumed.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from domain.assets import AssetHit
from domain.brief import Brief, Part, ProductMention, Question, QuickReply
from domain.composition import Scene
from domain.errors import BadInput
from domain.rules import BrandBook
from domain.values import Origin
from tools.language.lexicon import Kind, load_lexicon, phrase_keys
from tools.language.tokens import key

NONE = "none"
WITHOUT = "without"
KEEP = "keep"
_CLOSE = 0.04
"""Two search scores nearer than this are equally good."""
_USUAL_CHANNELS = (
    ("instagram", "Instagram feed"),
    ("instagram-story", "Instagram story"),
    ("linkedin", "LinkedIn"),
    ("web-hero", "Website hero"),
)


def questions(
    brief: Brief,
    *,
    product_hits: Sequence[AssetHit],
    background_hits: Sequence[Scene],
    known_markets: Sequence[str],
    book: BrandBook | None,
    cannot_draw: Sequence[str] | None = None,
) -> tuple[Question, ...]:
    """Everything that could be asked, the answer that would change most first.

    `product_hits` and `background_hits` are best first. `known_markets` have a rule pack. `cannot_draw` names what the
    generator cannot draw; None means every prop and person of the brief.
    """
    found = (
        _product(brief, product_hits),
        _props(brief, cannot_draw),
        _background(brief, background_hits, book),
        _market(brief, known_markets, book),
        _channel(brief, book),
    )
    return tuple(sorted((q for q in found if q is not None), key=lambda q: -q.gain))


def apply_answer(brief: Brief, question: Question, answer: str) -> Brief:
    """The Brief after `answer` (a quick reply's value or a person's own words); Origin.ANSWERED.

    Raises BadInput if the answer names no market or channel there is.
    """
    return _applied(brief, question, answer.strip(), Origin.ANSWERED)


def assume_defaults(brief: Brief, open_questions: Iterable[Question]) -> Brief:
    """The Brief with the default of every question that has one; Origin.ASSUMED."""
    for question in open_questions:
        if question.default is not None:
            brief = _applied(brief, question, question.default, Origin.ASSUMED)
    return brief


def codes_of(field: str, answer: str) -> tuple[str, ...]:
    """Market codes or channel ids that words stand for ("Sweden and Norway"); `field` is markets or channels.

    Raises BadInput for words that name none.
    """
    read = _markets if field == "markets" else _channels
    return tuple(part.value for part in read(answer, Origin.ANSWERED))


def _product(brief: Brief, hits: Sequence[AssetHit]) -> Question | None:
    replies = tuple(QuickReply(value=hit.asset.id, label=hit.asset.title) for hit in hits[:5])
    if not brief.products:
        return Question(
            id="product",
            field="products",
            text="Which product is it?",
            replies=replies,
            gain=1.0,
            required=True,
            why="the picture shows your own product, and the request does not name one",
        )
    open_mention = next((p.value for p in brief.products if p.value.asset is None), None)
    if open_mention is None:
        return None
    if not hits:
        return Question(
            id="product",
            field="products",
            text=f"Which product is “{open_mention.text}”?",
            gain=1.0,
            required=True,
            why="nothing in the library fits these words, and another product is never put in its place",
        )
    if len(hits) > 1 and hits[0].score - hits[1].score < _CLOSE and hits[0].asset.id != hits[1].asset.id:
        return Question(
            id="product",
            field="products",
            replies=replies,
            default=hits[0].asset.id,
            gain=0.9,
            text=f"Which one do you mean: {hits[0].asset.title} or {hits[1].asset.title}?",
            why=f"both fit “{open_mention.text}” equally well",
        )
    return None


def _props(brief: Brief, cannot_draw: Sequence[str] | None) -> Question | None:
    names = [p.value for p in brief.props if cannot_draw is None or p.value in cannot_draw]
    if not names or any(p.origin is Origin.ANSWERED for p in brief.props):
        return None
    listed = ", ".join(names)
    return Question(
        id="props",
        field="props",
        gain=0.8,
        default=KEEP,
        text=f"This generator cannot draw {listed}. Go on without?",
        why="it places your product in a scene and invents no objects or people; left as asked, no picture will pass",
        replies=(QuickReply(value=WITHOUT, label="Go on without"), QuickReply(value=KEEP, label="Keep asking for it")),
    )


def _background(brief: Brief, scenes: Sequence[Scene], book: BrandBook | None) -> Question | None:
    if brief.background is not None or brief.surface is not None:
        return None
    places: dict[str, str] = {}
    for scene in scenes:
        place = scene.tags[0] if scene.tags else scene.title
        places.setdefault(place, scene.title)
    preferred = [p for p in (book.preferred_scenes if book else ()) if p not in places]
    replies = [QuickReply(value=p, label=f"{p.capitalize()}: {t}" if t.lower() != p else t) for p, t in places.items()]
    replies += [QuickReply(value=p, label=p.capitalize()) for p in preferred]
    narrowed = any((brief.theme, brief.style, brief.season, brief.light, brief.time_of_day, brief.weather))
    return Question(
        id="background",
        field="background",
        text="Where should it stand?",
        replies=tuple(replies[:5]),
        default=replies[0].value if replies else None,
        gain=0.45 if narrowed else 0.65,
        why="the place decides more about the picture than anything else left open",
    )


def _market(brief: Brief, known: Sequence[str], book: BrandBook | None) -> Question | None:
    if brief.markets:
        return None
    lexicon = load_lexicon()
    place = brief.background.value.split(", ")[0] if brief.background else ""
    senses = lexicon.phrases.get(phrase_keys(place), {}) if place else {}
    here = (senses.get(Kind.CITY) or senses.get(Kind.COUNTRY) or "").split()
    codes = list(dict.fromkeys([*(book.default_markets if book else ()), *here, *known]))
    replies = [QuickReply(value=code, label=lexicon.market_names.get(code, code)) for code in codes[:4]]
    replies.append(QuickReply(value=NONE, label="None yet: nothing is checked, and nothing can be published"))
    default = book.default_markets[0] if book and book.default_markets else NONE
    return Question(
        id="market",
        field="markets",
        text="Which market is it for?",
        replies=tuple(replies),
        default=default,
        gain=0.5,
        why="each market has its own rules, and they are checked before anything is drawn",
    )


def _channel(brief: Brief, book: BrandBook | None) -> Question | None:
    if brief.channels:
        return None
    usual = dict(_USUAL_CHANNELS)
    ids = list(dict.fromkeys([*(book.default_channels if book else ()), *usual]))
    replies = [QuickReply(value=i, label=usual.get(i, i)) for i in ids[:4]]
    replies.append(QuickReply(value=NONE, label="None: a square picture" if brief.size is None else "None"))
    default = book.default_channels[0] if book and book.default_channels else NONE
    return Question(
        id="channel",
        field="channels",
        text="Where will it be seen?",
        replies=tuple(replies),
        default=default,
        gain=0.15 if brief.size is not None else 0.4,
        why="the channel sets the size and shape of the picture",
    )


def _applied(brief: Brief, question: Question, answer: str, origin: Origin) -> Brief:
    if question.field == "markets":
        return brief.model_copy(update={"markets": _markets(answer, origin)})
    if question.field == "channels":
        return brief.model_copy(update={"channels": _channels(answer, origin)})
    if question.field == "props":
        return _without_props(brief, origin) if answer == WITHOUT else _kept_props(brief, origin)
    if question.field == "products":
        return _with_product(brief, answer, origin)
    if question.field not in Brief.model_fields:
        raise BadInput(f"there is no field {question.field!r} to answer", where=question.id, hint="ask again")
    said = answer if origin is Origin.ANSWERED else ""
    return brief.model_copy(
        update={question.field: Part[str](value=answer, origin=origin, said=said) if answer else None}
    )


def _markets(answer: str, origin: Origin) -> tuple[Part[str], ...]:
    if answer.lower() in (NONE, ""):
        return ()
    lexicon = load_lexicon()
    codes: list[str] = []
    for piece in answer.replace(" and ", ",").split(","):
        name = piece.strip()
        senses = lexicon.phrases.get(phrase_keys(name), {})
        known = [name.upper()] if name.upper() in lexicon.market_names else []
        found = known or (senses.get(Kind.COUNTRY) or senses.get(Kind.CITY) or senses.get(Kind.DEMONYM) or "").split()
        if not found:
            raise BadInput(
                f"“{name}” is no market I know",
                where="market",
                hint='give a country or its code, such as "Sweden" or SE',
            )
        codes += found
    return tuple(Part(value=code, origin=origin) for code in dict.fromkeys(codes))


def _channels(answer: str, origin: Origin) -> tuple[Part[str], ...]:
    if answer.lower() in (NONE, ""):
        return ()
    lexicon = load_lexicon()
    ids = {senses[Kind.CHANNEL] for senses in lexicon.phrases.values() if Kind.CHANNEL in senses}
    found: list[str] = []
    for piece in answer.replace(" and ", ",").split(","):
        name = piece.strip()
        channel = name.lower() if name.lower() in ids else lexicon.phrases.get(phrase_keys(name), {}).get(Kind.CHANNEL)
        if channel is None:
            raise BadInput(f"“{name}” is no channel I know", where="channel", hint=f"one of {', '.join(sorted(ids))}")
        found.append(channel)
    return tuple(Part(value=channel, origin=origin) for channel in dict.fromkeys(found))


def _without_props(brief: Brief, origin: Origin) -> Brief:
    words = {key(word) for part in brief.props for word in part.value.split()}
    words -= {part.value.noun for part in brief.products}
    kept = tuple(r for r in brief.relations if not {key(w) for w in f"{r.subject} {r.object}".split()} & words)
    names = ", ".join(part.value for part in brief.props)
    note = f"left out, as {'answered' if origin is Origin.ANSWERED else 'assumed'}: {names}"
    return brief.model_copy(update={"props": (), "relations": kept, "notes": (*brief.notes, note)})


def _kept_props(brief: Brief, origin: Origin) -> Brief:
    if origin is not Origin.ANSWERED:
        return brief
    return brief.model_copy(update={"props": tuple(p.model_copy(update={"origin": origin}) for p in brief.props)})


def _with_product(brief: Brief, answer: str, origin: Origin) -> Brief:
    parts = list(brief.products)
    index = next((i for i, part in enumerate(parts) if part.value.asset is None), 0)
    if not parts:
        mention = ProductMention(
            text=answer, noun=answer.replace("-", " ").split()[-1] if answer else "product", asset=answer
        )
        return brief.model_copy(update={"products": (Part(value=mention, origin=origin),)})
    value = parts[index].value.model_copy(update={"asset": answer})
    parts[index] = parts[index].model_copy(update={"value": value, "origin": origin})
    return brief.model_copy(update={"products": tuple(parts)})
