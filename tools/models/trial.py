"""A first question to a role's model: does it answer in a type, and does it see."""

from __future__ import annotations

import cv2
import numpy as np

from domain.models import Abilities, Answered, Ask, ImagePart, ModelRole, Payer, Prompt, TextPart
from domain.ports import Models
from domain.values import BrandId, Model
from tools.models.asking import form_for
from tools.models.exchange import Form

PROMPT = Prompt(name="trial", version=1)
SYSTEM = (
    "You are being tried out. Repeat the word of the question, and name the colour of the picture in one English word; "
    "where there is no picture the colour is an empty string."
)
WORD = "terrace"
COLOUR = "red"
SIDE = 64

FORMS = {Form.SCHEMA: "answers to a schema", Form.TOOL: "answers by a tool", Form.PLAIN: "answers in plain JSON"}


class TrialAnswer(Model):
    """What a model answers when it is tried out."""

    word: str
    colour: str = ""


def trial(role: ModelRole, brand: BrandId, *, picture: bool) -> Ask:
    """The question; `picture` for a model that is said to look at images."""
    parts: list[TextPart | ImagePart] = [TextPart(text=f"The word is: {WORD}")]
    if picture:
        red = np.zeros((SIDE, SIDE, 3), np.uint8)
        red[..., 2] = 220                                   # OpenCV's order: blue, green, red
        parts.append(ImagePart.of(cv2.imencode(".png", red)[1].tobytes(), "image/png", pixels=SIDE * SIDE))
    return Ask(
        role=role, prompt=PROMPT, system=SYSTEM, parts=tuple(parts), payer=Payer(brand=brand, stage="doctor"),
        longest=200,
    )


def try_out(models: Models, role: ModelRole, brand: BrandId, prices: str = "") -> str:
    """Ask once, and say what the role's model can do, at whose `prices`. Raises as `Models.ask` does."""
    abilities = models.abilities(role) or Abilities()
    answered = models.ask(trial(role, brand, picture=abilities.images), TrialAnswer)
    used = answered.used
    can = [FORMS[form_for(abilities)], _sight(abilities, answered)]
    can += [word for word, has in (("caches", abilities.cache), ("streams", abilities.streams)) if has]
    can.append("takes a temperature" if abilities.sampling else "takes no temperature")
    if WORD not in answered.value.word.lower():
        can.append(f"answered {answered.value.word[:20]!r} for {WORD!r}")
    at = f" at {answered.place}" if answered.place else ""
    whose = f" at prices of {prices}" if prices else ""
    return (
        f"{answered.model}{at}: {', '.join(can)}; {answered.seconds:.2f} s, {used.tokens_in} + {used.tokens_out} "
        f"tokens, ${used.cost:.6f}{whose}" + "".join(f"; {note}" for note in answered.notes)
    )


def _sight(abilities: Abilities, answered: Answered[TrialAnswer]) -> str:
    if not abilities.images:
        return "looks at no pictures"
    seen = answered.value.colour.strip().lower()
    return "sees pictures" if seen == COLOUR else f"took a {COLOUR} picture for {seen[:20] or 'nothing'}"
