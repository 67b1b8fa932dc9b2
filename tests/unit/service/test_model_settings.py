"""Settings of models: read once, wrong ones named, and nothing opened where no role has a model."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from domain.errors import Misconfigured
from domain.models import ModelRole
from service.model_settings import ModelSettings
from service.settings import load_settings

NOVA = "bedrock_converse:eu.amazon.nova-2-lite-v1:0"


def write(home: Path, text: str) -> None:
    home.mkdir(exist_ok=True)
    (home / "onbrand.toml").write_text(text, encoding="utf-8")


def test_every_role_is_the_built_ins_until_one_is_named() -> None:
    assert all(ModelSettings().specs(role) == () for role in ModelRole)


def test_a_role_can_be_named_in_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ONBRAND_MODELS__READER", NOVA)
    assert [str(spec) for spec in load_settings().models.specs(ModelRole.READER)] == [NOVA]


def test_a_file_names_models_in_order_places_allowances_and_teams(own_home: Path) -> None:
    write(own_home, f'''
[models]
gate_judge = ["{NOVA}", "openai:qwen2.5-vl@http://127.0.0.1:11434/v1"]

[models.teams]
growth = ["acme", "demo"]

[[models.places]]
name = "frankfurt"
region = "eu-central-1"
role_arn = "arn:aws:iam::111122223333:role/onbrand"
retention = "none"
residency = "eu"
confidential = true

[[models.allowances]]
who = "team:growth"
per_minute = 60
budget = 50.0
''')
    models = load_settings().models
    assert [str(spec) for spec in models.specs(ModelRole.GATE_JUDGE)] == [
        NOVA, "openai:qwen2.5-vl@http://127.0.0.1:11434/v1",
    ]
    assert (models.team_of("demo"), models.team_of("other")) == ("growth", "")
    assert (models.places[0].confidential, models.places[0].residency) == (True, "eu")
    assert (models.allowances[0].budget, models.allowances[0].days) == (50.0, 30)


@pytest.mark.parametrize(
    ("text", "named"),
    [
        ('reader = "gpt-5"', "models.reader"),
        ('[models.teams]\na = ["x"]\nb = ["x"]', "models.teams"),
        ('[[models.places]]\nname = "a"\nconfidential = true', "models.places"),
        ('[[models.places]]\nname = "a"\n[[models.places]]\nname = "a"', "models"),
        ('[[models.allowances]]\nwho = "everybody"', "models.allowances"),
    ],
)
def test_a_wrong_setting_is_named(own_home: Path, text: str, named: str) -> None:
    write(own_home, f"[models]\n{text}\n")
    with pytest.raises(Misconfigured, match=named):
        load_settings()


def test_settings_load_neither_the_gateway_nor_a_provider() -> None:
    program = (
        "import sys, service.settings; "
        "print([n for n in ('boto3', 'httpx2', 'tools.models.gateway', 'numpy') if n in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert "tools.models.gateway" not in done.stdout and "boto3" not in done.stdout and "numpy" not in done.stdout


def test_the_settings_in_the_documentation_are_settings(own_home: Path) -> None:
    from tools.models.seats import seats_for

    page = (Path(__file__).parents[3] / "docs" / "models.md").read_text(encoding="utf-8")
    write(own_home, page.partition("```toml\n")[2].partition("```")[0])
    models = load_settings().models
    seats = seats_for(models.specs(ModelRole.GATE_JUDGE), models.places, models.known)
    assert [seat.place.name for seat in seats] == ["frankfurt", "stockholm", "127.0.0.1"]
    for role in ModelRole:
        assert f"`{role.value}`" in page
