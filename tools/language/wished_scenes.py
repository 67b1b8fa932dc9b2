"""Feedback about the background: another scene, a named place, the same place in another light, or mirrored."""

from __future__ import annotations

import re
from collections.abc import Sequence

from domain.candidate import Candidate, EditTarget
from domain.composition import Scene
from tools.language.feedback_rules import Rules
from tools.language.lexicon import Keys, Kind, load_lexicon, phrase_keys
from tools.language.wishes import Wishes


def scene_change(words: Keys, base: Candidate, scenes: Sequence[Scene], wishes: Wishes, rules: Rules) -> bool:
    """Another background: the next best one, a named place, or the same place in another light."""
    if rules.mirror.match_any(words):
        wishes.change(EditTarget.BACKGROUND, "mirrored", not base.scene.mirrored, "left and right of the scene swapped")
        return True
    lexicon = load_lexicon()
    places = [
        word
        for n in (3, 2, 1)
        for i in range(len(words) - n + 1)
        if any(k in lexicon.phrases.get(words[i : i + n], {}) for k in (Kind.PLACE, Kind.SURFACE))
        and (word := " ".join(words[i : i + n]))
        not in ("top", "space", "home", "house", "room", "water", "tile", "flat", "light")
    ]
    light, phrase = _light_wanted(words, rules)
    denied = any(w in ("not", "no", "without", "don't", "dont", "never") for w in words)
    if places and not denied:
        match = _scene_for(places, light, base, scenes)
        if match is None:
            wishes.lost.append(f"no planned scene shows “{places[0]}”")
        else:
            wishes.change(EditTarget.BACKGROUND, "scene", match.id, f"{places[0]} as the background")
        return True
    if rules.other_scene.match_any(words) or (places and denied):
        wishes.change(EditTarget.BACKGROUND, "scene", None, "another background")
        return True
    if light and not denied:
        return _other_light(light, phrase, base, scenes, wishes)
    return False


def _light_wanted(words: Keys, rules: Rules) -> tuple[tuple[str, ...], str]:
    for n in (2, 1):
        for i in range(len(words) - n + 1):
            lights = rules.lights.get(words[i : i + n])
            if lights:
                return lights, " ".join(words[i : i + n])
    return (), ""


def _scene_for(
    places: Sequence[str], lights: tuple[str, ...], base: Candidate, scenes: Sequence[Scene]
) -> Scene | None:
    """The planned scene that shows one of `places`, in one of `lights` if there is one, other than the present one."""
    lexicon = load_lexicon()
    for place in places:
        senses = lexicon.phrases.get(phrase_keys(place), {})
        same = {place, senses.get(Kind.PLACE, place), senses.get(Kind.SURFACE, place)}
        shown = [s for s in scenes if s.id != base.scene.id and same & _scene_words(s)]
        shown.sort(key=lambda s: s.light.value not in lights if lights else 0)
        if shown:
            return shown[0]
    return None


def _scene_words(scene: Scene) -> set[str]:
    words = {" ".join(phrase_keys(text)) for text in (*scene.tags, scene.surface) if text}
    title = phrase_keys(re.sub(r"[^\w\s-]", " ", scene.title)) if scene.title else ()
    return words | set(title) | {" ".join(title[i : i + 2]) for i in range(len(title) - 1)}


def _other_light(
    lights: tuple[str, ...], phrase: str, base: Candidate, scenes: Sequence[Scene], wishes: Wishes
) -> bool:
    now = next((s for s in scenes if s.id == base.scene.id), None)
    if now is not None and now.light.value in lights:
        wishes.lost.append(f"the scene has {phrase} already")
        return True
    tags = set(now.tags) if now else set()
    fitting = [s for s in scenes if s.light.value in lights and s.id != base.scene.id]
    if not fitting:
        wishes.lost.append(f"no planned scene is in {phrase}")
        return True
    best = max(fitting, key=lambda s: (len(tags & set(s.tags)), -scenes.index(s)))
    wishes.change(EditTarget.BACKGROUND, "scene", best.id, f"a scene in {phrase}")
    return True
