"""The shape of the lexicon's YAML files."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict


class Data(BaseModel):
    """Base of the data files: an unknown key is an error."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class Looks(Data):
    """`data/looks.yaml`."""

    light: dict[str, list[str]]
    time_of_day: dict[str, list[str]]
    season: dict[str, list[str]]
    weather: dict[str, list[str]]
    mood: dict[str, list[str]]
    style: dict[str, list[str]]
    camera: dict[str, list[str]]
    theme: dict[str, list[str]]


class Places(Data):
    """`data/places.yaml`."""

    places: dict[str, list[str]]
    regions: list[str]
    surfaces: dict[str, list[str]]
    supports: list[str]


class Things(Data):
    """`data/things.yaml`."""

    goods: list[str]
    plural: list[str]
    paired: list[str]
    whole: list[str]
    containers: list[str]
    sets: list[str]
    serveware: list[str]
    evaluative: list[str]
    parts: list[str]
    props: list[str]
    people: list[str]
    materials: list[str]
    adjectives: list[str]


class Negations(Data):
    """Words that deny, by what they deny."""

    noun: list[str]
    clause: list[str]
    positive: list[str]
    after: list[str]


class Verbs(Data):
    """Verbs of asking, of selling, and the rest."""

    request: list[str]
    market: list[str]
    other: list[str]


class Words(Data):
    """`data/words.yaml`."""

    determiners: list[str]
    possessives: list[str]
    pronouns: list[str]
    conjunctions: list[str]
    contrast: list[str]
    subordinators: list[str]
    auxiliaries: list[str]
    adverbs: list[str]
    negations: Negations
    prepositions: dict[str, list[str]]
    beside_it: dict[str, list[str]]
    verbs: Verbs
    outputs: list[str]
    vibes: list[str]
    backdrops: list[str]
    lights: list[str]
    abstract: list[str]
    audiences: list[str]
    numbers: dict[str, int]
    text_cues: list[str]
    instructions: list[str]
    labels: dict[str, list[str]]
    story: list[str]
    wish: list[str]


class Colours(Data):
    """`data/colours.yaml`."""

    base: list[str]
    shades: list[str]
    compounds: list[str]
    also_things: list[str]
    flavoured: list[str]


class Channels(Data):
    """`data/channels.yaml`."""

    channels: dict[str, list[str]]
    unknown: list[str]
    orientation: dict[str, str]
    ratios: dict[str, str]


class Market(Data):
    """The names of one market: its own, its people's and languages', its cities'."""

    names: list[str]
    people: list[str]
    cities: list[str]


class Markets(Data):
    """`data/markets.yaml`."""

    markets: dict[str, Market]
    groups: dict[str, list[str]]
    capitalised_only: list[str]


class Trademarks(Data):
    """`data/trademarks.yaml`."""

    trademarks: list[str]
