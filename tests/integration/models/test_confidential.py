"""Which words and assets are confidential: a code name in a request keeps the whole question in cleared places."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from domain.assets import Asset, AssetKind
from domain.models import ModelRole
from domain.run import RunRequest
from domain.values import Size
from evals.endpoints import ModelEndpoint, Reply
from evals.endpoints.gateways import Open, bedrock_place
from memory import Database, RunTable, new_run_id
from service.models import Notes, language_for, touches_confidential
from service.wiring import BuiltinLanguage


class Shelf:
    """A library that only lists."""

    def __init__(self, *assets: Asset) -> None:
        self.assets = assets

    def list(self, brand: str, kind: AssetKind | None = None) -> list[Asset]:
        return [asset for asset in self.assets if asset.brand == brand]


def asset(name: str, title: str, **more: object) -> Asset:
    return Asset(
        id=name, brand="demo", kind=AssetKind.PRODUCT, title=title, digest="0" * 64, size=Size(width=64, height=64),
        **more,
    )


SHELF = Shelf(
    asset("can-1", "Zephyria blood orange can", confidential=True),
    asset("mug-1", "Red mug", embargo=datetime.now(UTC) + timedelta(days=3)),
    asset("old-1", "Blue kettle", embargo=datetime.now(UTC) - timedelta(days=3)),
    asset("bag-1", "Quillon bag"),
)


@pytest.mark.parametrize(
    ("text", "assets", "confidential"),
    [
        ("our ZEPHYRIA on a terrace", (), True),
        ("our new can on a terrace", (), False),
        ("our orange drink", ("can-1",), True),
        ("picture of can-1, please", (), True),
        ("a red mug on a desk", (), True),
        ("a mug on a red desk", (), True),                  # rather too often than too seldom
        ("a blue kettle", ("old-1",), False),               # no longer under embargo
        ("the Quillon bag", ("bag-1",), False),
    ],
)
def test_words_and_assets_that_speak_of_what_is_confidential(
    text: str, assets: tuple[str, ...], confidential: bool
) -> None:
    assert touches_confidential(SHELF, "demo", text, assets) is confidential  # type: ignore[arg-type]
    assert touches_confidential(SHELF, "acme", text, assets) is False  # type: ignore[arg-type]


def test_a_code_name_is_sent_nowhere_that_is_not_cleared_and_the_report_says_who_read_it(
    gateway: Open, database: Database
) -> None:
    request = RunRequest(request="our Zephyria can on a terrace", budget=1.0)
    row = RunTable(database).create(request, new_run_id())
    with ModelEndpoint(lambda asked: Reply({"language": "en"})) as endpoint:
        models = gateway([bedrock_place(endpoint)], roles=[ModelRole.READER])
        notes = Notes()
        language = language_for(row, models, BuiltinLanguage(), SHELF, notes)  # type: ignore[arg-type]
        assert language.read(request.request, "demo").background is not None
        assert endpoint.calls == 0
        assert "cleared for confidential work" in notes.take()[0]
        language.read("our can on a terrace", "demo")
        assert endpoint.calls == 1
