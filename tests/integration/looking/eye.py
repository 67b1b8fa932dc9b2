"""A scripted model that is shown pictures, at the wire: what it sees, what it is asked, and answers in the right form.

Scripted answers prove control flow, never quality.
"""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import cv2
import numpy as np

from domain.model_calls import Attempted
from domain.models import Abilities, ModelRole, Payer
from domain.ports import Image
from memory import Database
from memory.known_answers import KnownAnswerTable
from tests.endpoints import ModelEndpoint, Reply, Seen
from tests.endpoints.gateways import gateway, openai_place, sqlite
from tools.judges.looking import Bench
from tools.models.catalogue import Known, Price

MODEL = "scripted-eye"
JUDGES = (ModelRole.GATE_JUDGE, ModelRole.COMPONENT_JUDGE, ModelRole.SET_JUDGE)
KNOWN = Known(
    match=MODEL, abilities=Abilities(images=True, schema_output=True, context=200_000), price=Price(input=1, output=4)
)


@dataclass(frozen=True)
class Look:
    """One request as the model gets it."""

    seen: Seen

    @cached_property
    def parts(self) -> list[dict[str, Any]]:
        """Words and pictures of the user's message, in order."""
        return next(m for m in self.seen.body["messages"] if m["role"] == "user")["content"]

    @cached_property
    def files(self) -> list[bytes]:
        """The pictures as encoded files."""
        urls = [part["image_url"]["url"] for part in self.parts if part["type"] == "image_url"]
        return [base64.b64decode(url.partition(",")[2]) for url in urls]

    @cached_property
    def pictures(self) -> list[Image]:
        """The pictures, RGB."""
        raw = [cv2.imdecode(np.frombuffer(file, np.uint8), cv2.IMREAD_COLOR) for file in self.files]
        return [np.ascontiguousarray(image[..., ::-1]) for image in raw if image is not None]

    @cached_property
    def words(self) -> str:
        """Every word of the user's message."""
        return "\n".join(part["text"] for part in self.parts if part["type"] == "text")

    @cached_property
    def data(self) -> dict[str, Any]:
        """The questions."""
        found = re.search(r"DATA (\{.*\}) END OF DATA", self.words, re.DOTALL)
        assert found, self.words
        return json.loads(found[1])

    @property
    def about(self) -> str:
        """What is asked: picture, parts, pairs or set."""
        if "pairs" in self.data:
            return "pairs"
        if "gates" in self.data:
            return "picture"
        return "parts" if "parts" in self.data else "set"


BAD_WHEN_YES = re.compile(
    r"float|impossibly|have parts, edges|malformed|garbled|there twice|contradict|Does the picture show (?!the words)"
    r"|go against"
)


def all_well(look: Look, grade: int = 8, **instead: str) -> dict[str, Any]:
    """The answer of a judge that finds nothing wrong; `instead` gives other answers by question id."""
    answers = []
    for gate in look.data.get("gates", ()):
        fine = "no" if BAD_WHEN_YES.search(gate["question"]) else "yes"
        answers.append({"id": gate["id"], "answer": instead.get(gate["id"], fine), "evidence": "as seen"})
    scales = look.data.get("scales", ())
    grades = [{"id": one["id"], "grade": min(grade, one.get("best", 5)), "reason": "fine"} for one in scales]
    if look.about == "parts":
        return {"parts": [{"part": part, "grades": [{**g, "grade": 5} for g in grades]} for part in look.data["parts"]]}
    if look.about == "pairs":
        return {"pairs": [{**pair, "better": "neither", "reason": "alike"} for pair in look.data["pairs"]]}
    if look.about == "set":
        return {"grades": [{**g, "grade": 5} for g in grades], "differences": []}
    return {"answers": answers, "grades": grades}


Script = Callable[[Look], dict[str, Any]]


def endpoint(script: Script) -> ModelEndpoint:
    """An endpoint whose model looks."""
    return ModelEndpoint(lambda seen: Reply(value=script(Look(seen)), usage=(2_000, 300)))


@dataclass
class Eyes:
    """A bench over an endpoint, with a real ledger and real known answers, and what was called."""

    bench: Bench
    called: list[Attempted]
    database: Database


@contextmanager
def eyes(
    folder: Path, model: ModelEndpoint, *, confidential: bool = False, budget: float | None = None
) -> Iterator[Eyes]:
    """Judges that look through the model behind an endpoint."""
    folder.mkdir(parents=True, exist_ok=True)
    database = sqlite(folder)
    called: list[Attempted] = []
    models = gateway(
        database, [openai_place(model)], models=[MODEL], roles=JUDGES, known=[KNOWN], seen=called, patience=10
    )
    payer = Payer(brand="demo", stage="critique", confidential=confidential, budget=budget)
    yield Eyes(Bench(models, payer, KnownAnswerTable(database)), called, database)
    models.close()
    database.close()
