"""A scripted model that is shown pictures, behind a real endpoint that speaks chat completions on loopback.

What it answers is a function of what it is sent. It proves how pictures, questions and answers flow, never how well a
model judges.
"""

from __future__ import annotations

import base64
import json
import math
import re
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import cv2
import numpy as np

from domain.model_calls import Attempted
from domain.models import Abilities, ModelRole, ModelSpec, Payer, Provider
from domain.ports import Image
from memory import Database, Ledger, open_database
from memory.known_answers import KnownAnswerTable
from memory.metering import Metering
from tools.judges.looking import Bench
from tools.models.asking import PIXELS_A_TOKEN
from tools.models.catalogue import Known, Price
from tools.models.gateway import Gateway
from tools.models.openai_chat import OpenAiChat
from tools.models.places import Place
from tools.models.seats import seats_for

MODEL = "scripted-eye"
JUDGES = (ModelRole.GATE_JUDGE, ModelRole.COMPONENT_JUDGE, ModelRole.SET_JUDGE)
KNOWN = Known(
    match=MODEL, abilities=Abilities(images=True, schema_output=True, context=200_000, longest=16_000),
    price=Price(input=1, output=4)
)

_FAULT_WHEN_YES = re.compile(
    r"float|impossibly|have parts, edges|malformed|garbled|there twice|contradict|broken|go against"
    r"|Does the picture show (?!the words)"
)


@dataclass(frozen=True)
class Look:
    """One request as the model gets it: the body of a chat completion."""

    body: dict[str, Any]

    @cached_property
    def parts(self) -> list[dict[str, Any]]:
        """Words and pictures of the user's message, in order."""
        parts: list[dict[str, Any]] = next(m for m in self.body["messages"] if m["role"] == "user")["content"]
        return parts

    @cached_property
    def files(self) -> list[bytes]:
        """The pictures as encoded files."""
        urls = [part["image_url"]["url"] for part in self.parts if part["type"] == "image_url"]
        return [base64.b64decode(url.partition(",")[2]) for url in urls]

    @cached_property
    def pictures(self) -> list[Image]:
        """The pictures, RGB."""
        return [decoded(file) for file in self.files]

    @property
    def tokens_of_pictures(self) -> int:
        """What the pictures take, by Anthropic's published rule for images."""
        return sum(math.ceil(image.shape[0] * image.shape[1] / PIXELS_A_TOKEN) for image in self.pictures)

    @cached_property
    def judged_file(self) -> bytes:
        """The one picture that questions are about, as an encoded file; its references and parts stand beside it."""
        said = [part["text"] if part["type"] == "text" else None for part in self.parts]
        before = said[: said.index("Picture 1, to be judged.")]
        return self.files[before.count(None)]

    @property
    def judged(self) -> Image:
        """That picture, RGB."""
        return decoded(self.judged_file)

    @cached_property
    def words(self) -> str:
        """Every word of the user's message."""
        return "\n".join(part["text"] for part in self.parts if part["type"] == "text")

    @cached_property
    def data(self) -> dict[str, Any]:
        """The questions. Raises ValueError when the message holds none."""
        found = re.search(r"DATA (\{.*\}) END OF DATA", self.words, re.DOTALL)
        if found is None:
            raise ValueError("no questions were asked")
        data: dict[str, Any] = json.loads(found[1])
        return data

    @property
    def about(self) -> str:
        """What is asked about: picture, parts, pairs or set."""
        if "pairs" in self.data:
            return "pairs"
        if "gates" in self.data:
            return "picture"
        return "parts" if "parts" in self.data else "set"


Script = Callable[[Look], dict[str, Any]]


def decoded(file: bytes) -> Image:
    """An encoded picture, RGB. Raises ValueError for bytes that are none."""
    image = cv2.imdecode(np.frombuffer(file, np.uint8), cv2.IMREAD_COLOR)
    if image is None:
        raise ValueError("a judge was sent something that is no picture")
    return np.asarray(np.ascontiguousarray(image[..., ::-1]), np.uint8)


def all_well(look: Look, grade: int = 8, **instead: str) -> dict[str, Any]:
    """The answer of a judge that finds nothing wrong; `instead` gives other answers by question id."""
    scales = look.data.get("scales", ())
    grades = [{"id": one["id"], "grade": min(grade, one.get("best", 5)), "reason": "fine"} for one in scales]
    best = [{**one, "grade": 5} for one in grades]
    if look.about == "parts":
        return {"parts": [{"part": part, "grades": best} for part in look.data["parts"]]}
    if look.about == "pairs":
        pairs = [{**pair, "better": "neither", "reason": "alike"} for pair in look.data["pairs"]]
        return {"pairs": pairs, **({"grades": best, "differences": []} if scales else {})}
    if look.about == "set":
        return {"grades": best, "differences": []}
    answers = []
    for gate in look.data["gates"]:
        fine = "no" if _FAULT_WHEN_YES.search(gate["question"]) else "yes"
        answers.append({"id": gate["id"], "answer": instead.get(gate["id"], fine), "evidence": "as seen"})
    answer = {"answers": answers, "grades": grades}
    if beside := look.data.get("parts"):
        same = [{"id": one["id"], "grade": 5, "reason": "fine"} for one in beside["scales"]]
        answer["parts"] = [{"part": part, "grades": same} for part in beside["parts"]]
    return answer


@contextmanager
def served(script: Script) -> Iterator[str]:
    """An endpoint whose model answers by the script; yields its base address, ending in /v1."""

    class Handler(BaseHTTPRequestHandler):
        def log_message(self, *arguments: Any) -> None:
            pass

        def do_POST(self) -> None:
            body = json.loads(self.rfile.read(int(self.headers["content-length"])))
            look = Look(body)
            said = json.dumps(script(look))
            usage = {"prompt_tokens": len(look.words) // 4 + look.tokens_of_pictures}
            usage |= {"completion_tokens": len(said) // 4, "total_tokens": 0}
            message = {"role": "assistant", "content": said}
            choice = {"index": 0, "message": message, "finish_reason": "stop"}
            data = json.dumps({"model": body["model"], "choices": [choice], "usage": usage}).encode()
            self.send_response(200)
            self.send_header("content-type", "application/json")
            self.send_header("content-length", str(len(data)))
            self.end_headers()
            self.wfile.write(data)

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}/v1"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def eye_place(url: str) -> Place:
    """Where the scripted model is served."""
    return Place(name="scripted", provider=Provider.OPENAI, url=url)


@dataclass
class Eyes:
    """A bench whose judges look through a scripted model, with a real ledger, and what was called."""

    bench: Bench
    called: list[Attempted]
    database: Database


@contextmanager
def eyes(
    folder: Path, url: str, *, confidential: bool = False, budget: float | None = None, run_id: str | None = None
) -> Iterator[Eyes]:
    """Judges that look through the model at `url`; ledger and known answers lie in the folder."""
    folder.mkdir(parents=True, exist_ok=True)
    database = open_database(f"sqlite:///{folder}/onbrand.sqlite")
    called: list[Attempted] = []

    def note(attempt: Attempted) -> None:
        called.append(attempt)

    seats = seats_for([ModelSpec.parse(f"openai:{MODEL}@{url}")], [eye_place(url)], [KNOWN])
    gateway = Gateway(
        dict.fromkeys(JUDGES, seats),
        {Provider.OPENAI: OpenAiChat()},
        Metering(Ledger(database)),
        observer=note,
        patience=20.0,
    )
    payer = Payer(brand="demo", stage="critique", confidential=confidential, budget=budget, run_id=run_id)
    try:
        yield Eyes(Bench(gateway, payer, KnownAnswerTable(database)), called, database)
    finally:
        gateway.close()
        database.close()
