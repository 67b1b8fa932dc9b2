"""The gateway against real models, for whoever has credentials: deselected unless asked for.

    ONBRAND_LIVE_MODELS="bedrock_converse:eu.amazon.nova-2-lite-v1:0,openai:qwen2.5-vl@http://127.0.0.1:11434/v1" \
        python -m pytest tests/live -m live -n0

Each model named (`bedrock_invoke:` as well) is asked the questions below: about a cent a model. AWS credentials come
from the environment as usual; places, and rows of models that the catalogue lacks, from the settings in ONBRAND_HOME.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from domain.errors import ModelCannot
from domain.models import ModelRole, ModelSpec, Payer
from evals.endpoints.gateways import Verdict, question, sqlite
from memory import Database, Ledger, Metering
from service.settings import load_settings
from service.wiring import BuiltinLanguage
from tools.language.by_model import ModelLanguage
from tools.models.gateway import Gateway
from tools.models.seats import seats_for
from tools.models.transports import transports
from tools.models.trial import COLOUR, WORD, TrialAnswer, trial
from tools.prompts import prompt_file

NAMED = [text for text in os.environ.get("ONBRAND_LIVE_MODELS", "").split(",") if text]

pytestmark = pytest.mark.live


@pytest.fixture(params=NAMED or ["none named"])
def models(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Gateway]:
    """A gateway in which one real model has every role."""
    assert NAMED, "name the models to try in ONBRAND_LIVE_MODELS"
    database: Database = sqlite(tmp_path)
    own = load_settings().models
    seats = seats_for([ModelSpec.parse(str(request.param))], own.places, own.known)
    gateway = Gateway(
        dict.fromkeys(ModelRole, seats),
        transports(),
        Metering(Ledger(database)),
    )
    yield gateway
    gateway.close()
    database.close()


def test_it_answers_in_a_type_and_says_what_that_took(models: Gateway) -> None:
    answered = models.ask(question(), Verdict)
    assert answered.used.tokens_in > 0 and answered.used.tokens_out > 0


def test_it_sees_as_the_catalogue_says(models: Gateway) -> None:
    abilities = models.abilities(ModelRole.GATE_JUDGE)
    assert abilities is not None
    ask = trial(ModelRole.GATE_JUDGE, "demo", picture=True)
    if not abilities.images:
        with pytest.raises(ModelCannot):
            models.ask(ask, TrialAnswer)
        return
    answer = models.ask(ask, TrialAnswer).value
    assert (WORD in answer.word.lower(), answer.colour.strip().lower()) == (True, COLOUR)


def test_it_reads_and_writes_with_the_shipped_prompts(models: Gateway) -> None:
    notes: list[str] = []
    language = ModelLanguage(
        models, BuiltinLanguage(), lambda stage, text, assets: Payer(brand="demo", stage=stage), notes.append,
        lambda: ["instagram", "linkedin"],
    )
    example = prompt_file("tools.language.by_model", "read_request").example
    brief = language.read(example["data"]["request"], "demo")
    assert [part.value.noun for part in brief.products] == ["mug"]
    assert [part.value for part in brief.markets] == ["SE"]
    assert notes == []
