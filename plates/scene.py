"""What a recipe returns: the key lights it built, and the named lights a plate is printed in."""

from collections.abc import Callable
from dataclasses import dataclass, field, replace

from .light import KeyLight


@dataclass(frozen=True)
class Look:
    """One light a scene is printed in: gains for the light groups, exposure and words.

    key_gain: gain of the key light; sky: linear RGB gain of the sky and of aerial haze; lamps: gain of the lamps, grey
    or RGB.
    ev: stops above the exposure that the white ball asks for.
    """

    light: str
    about: str
    key: KeyLight | None = None
    key_gain: float = 1.0
    sky: tuple[float, float, float] = (1.0, 1.0, 1.0)
    lamps: float | tuple[float, float, float] = 0.0
    ev: float = 0.0
    season: str | None = None
    weather: str = ""
    mood: tuple[str, ...] = ()


@dataclass
class Scene:
    """A built scene: how it is lit and where its ground ends."""

    looks: list[Look]
    gloss: float = 0.0
    rough: float = 1.0
    ground: dict = field(default_factory=dict)  # clip: (x0, y0, x1, y1) or clip_disc: radius


@dataclass(frozen=True)
class Family:
    """A scene family with the words people would type to find it."""

    name: str
    build: Callable[[], Scene]
    about: str
    surface: str
    place_tags: tuple[str, ...]
    scale: str
    samples: int
    set: str = ""  # the family whose set it shows, if not its own
    distance: float = 1.0  # how many times as far the camera stands as the recipe puts it


FAMILIES: dict[str, Family] = {}

def wider(name: str, of: str, about: str, distance: float = 1.75):
    """Register a second view of a family's set from further away, for groups and for things of 20 to 60 cm."""
    FAMILIES[name] = replace(FAMILIES[of], name=name, about=about, set=of, distance=distance)


TIME_OF_DAY = {
    "noon": "midday",
    "morning": "morning",
    "golden": "late afternoon",
    "dusk": "dusk",
    "night": "night",
    "overcast": "day",
    "window": "morning",
    "softbox": None,
}
WEATHER = {
    "noon": "clear",
    "morning": "clear",
    "golden": "clear",
    "dusk": "clear",
    "night": "clear",
    "overcast": "overcast",
    "window": None,
    "softbox": None,
}


def family(name: str, *, about: str, surface: str, tags: str, scale: str = "tabletop", samples: int = 10):
    """Register the decorated recipe; `tags` are comma-separated words for the place."""

    def register(build):
        words = tuple(word.strip() for word in tags.split(","))
        FAMILIES[name] = Family(name, build, about, surface, words, scale, samples)
        return build

    return register
