import asyncio
import operator
import os
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Any, TypedDict

import ormsgpack
import pytest
from langgraph.graph import END, START, StateGraph
from langgraph.graph.state import CompiledStateGraph
from langgraph.types import Command, Send, interrupt
from pydantic import BaseModel

from domain.assets import Asset, AssetKind
from domain.brief import Brief, Part, ProductMention, Question
from domain.candidate import Candidate, CandidateVerdict, Finding, Severity, Slot, Verdict
from domain.composition import Caption, Composition, SceneRef
from domain.errors import StorageFailed
from domain.run import RunStatus
from domain.values import Light, Origin, Point, Size
from memory import Home
from memory.checkpoints import StrictSerializer, domain_types, open_checkpoints
from tests.integration.memory.races import race

BRIEF = Brief(
    request="two red mugs for Sweden", brand="demo", language="en",
    products=(Part(value=ProductMention(text="two red mugs", noun="mug", count=2, colours=("red",)),
                   origin=Origin.STATED, said="two red mugs"),),
    markets=(Part(value="SE", origin=Origin.LOOKED_UP),),
    size=Part(value=Size(width=1080, height=1350), origin=Origin.ASSUMED),
)
QUESTION = Question(id="light", text="Which light?", why="it changes the scene", field="light", gain=0.5)
EMBARGOED = Asset(
    id="mug", brand="demo", kind=AssetKind.PRODUCT, title="Mug", digest="0" * 64, size=Size(width=64, height=64),
    light=Light.GOLDEN, embargo=datetime(2027, 1, 1, tzinfo=UTC),
)


def _slot(number: int) -> Slot:
    composition = Composition(canvas=Size(width=1080, height=1350), scale=0.5, centre=Point(x=0.5, y=0.6),
                              affine=((1.0, 0.0, 3.0), (0.0, 1.0, 4.0)))
    return Slot(id=f"c{number}", caption=Caption(subject="a red mug"), scene=SceneRef(id="plate:terrace"),
                composition=composition, products=("mug",), seed=number)


class Campaign(TypedDict, total=False):
    brief: Brief
    asset: Asset
    light: str
    candidates: Annotated[list[Candidate], operator.add]
    shortlist: tuple[Candidate, ...]


class Stands(TypedDict, total=False):
    status: RunStatus
    light: Light


class Draw(TypedDict):
    slot: Slot


def _understand(state: Campaign) -> Campaign:
    return {"brief": BRIEF, "asset": EMBARGOED}


def _clarify(state: Campaign) -> Campaign:
    assert isinstance(state["brief"], Brief)
    return {"light": interrupt({"question": QUESTION})}


def _fan_out(state: Campaign) -> list[Send]:
    return [Send("generate", Draw(slot=_slot(number))) for number in range(3)]


def _generate(state: Draw) -> Campaign:
    assert isinstance(state["slot"], Slot)
    finding = Finding(check="seam", verdict=Verdict.PASS, severity=Severity.GATE, reason="no seam")
    drawn = Candidate(**dict(state["slot"]), findings=(finding,), verdict=CandidateVerdict.PASSED)
    return {"candidates": [drawn]}


def _review(state: Campaign) -> Campaign:
    interrupt("approve?")
    return {"shortlist": tuple(state["candidates"][:2])}


def _graph(saver: Any) -> CompiledStateGraph[Any, Any, Any, Any]:
    builder = StateGraph(Campaign)
    builder.add_node("understand", _understand)
    builder.add_node("clarify", _clarify)
    builder.add_node("generate", _generate, input_schema=Draw)
    builder.add_node("review", _review)
    builder.add_edge(START, "understand")
    builder.add_edge("understand", "clarify")
    builder.add_conditional_edges("clarify", _fan_out, ["generate"])
    builder.add_edge("generate", "review")
    builder.add_edge("review", END)
    return builder.compile(checkpointer=saver)


@pytest.fixture(params=["sqlite", "postgres"])
def where(request: pytest.FixtureRequest, home: Home) -> Home | str:
    return home if request.param == "sqlite" else str(request.getfixturevalue("postgres"))


async def test_an_enumeration_comes_back_as_one_and_not_as_the_text_it_also_is(
    where: Home | str, request: pytest.FixtureRequest
) -> None:
    def stand(state: Stands) -> Stands:
        return {"status": RunStatus.REVIEW, "light": Light.GOLDEN}

    def wait(state: Stands) -> Stands:
        assert state["status"] is RunStatus.REVIEW
        return {"light": interrupt("which light?")}

    config: Any = {"configurable": {"thread_id": request.node.name}}
    builder = StateGraph(Stands).add_node(stand).add_node(wait).add_edge(START, "stand").add_edge("stand", "wait")
    async with open_checkpoints(where) as saver:
        await builder.compile(checkpointer=saver).ainvoke({}, config, durability="sync")
    async with open_checkpoints(where) as saver:
        graph = builder.compile(checkpointer=saver)
        values = (await graph.aget_state(config)).values
        assert values["status"] is RunStatus.REVIEW
        assert values["light"] is Light.GOLDEN
        assert (await graph.ainvoke(Command(resume=Light.NIGHT), config, durability="sync"))["light"] is Light.NIGHT
        assert (await graph.aget_state(config)).values["status"] is RunStatus.REVIEW


async def test_state_of_domain_models_survives_a_restart_at_every_interrupt(
    where: Home | str, request: pytest.FixtureRequest
) -> None:
    config: Any = {"configurable": {"thread_id": request.node.name}}
    async with open_checkpoints(where) as saver:
        await _graph(saver).ainvoke({}, config, durability="sync")
    async with open_checkpoints(where) as saver:            # as after a restart: everything comes from the database
        graph = _graph(saver)
        state = await graph.aget_state(config)
        assert state.values["brief"] == BRIEF
        assert state.values["asset"] == EMBARGOED
        (asked,) = state.interrupts
        assert asked.value == {"question": QUESTION}
        await graph.ainvoke(Command(resume={asked.id: "golden"}), config, durability="sync")
    async with open_checkpoints(where) as saver:
        graph = _graph(saver)
        state = await graph.aget_state(config)
        assert state.values["light"] == "golden"
        candidates = state.values["candidates"]
        assert [type(candidate) for candidate in candidates] == [Candidate] * 3
        assert [candidate.id for candidate in candidates] == ["c0", "c1", "c2"]
        first = candidates[0]
        assert first.verdict is CandidateVerdict.PASSED
        assert isinstance(first.findings, tuple)
        assert isinstance(first.findings[0], Finding)
        assert first.composition.affine == ((1.0, 0.0, 3.0), (0.0, 1.0, 4.0))
        await graph.ainvoke(Command(resume={state.interrupts[0].id: "yes"}), config, durability="sync")
        assert list((await graph.aget_state(config)).values["shortlist"]) == candidates[:2]


async def test_runs_at_once_share_the_saver_without_mixing(where: Home | str, request: pytest.FixtureRequest) -> None:
    async with open_checkpoints(where) as saver:
        graph = _graph(saver)
        configs: list[Any] = [{"configurable": {"thread_id": f"{request.node.name}-{n}"}} for n in range(12)]
        await asyncio.gather(*(graph.ainvoke({"light": str(n)}, config) for n, config in enumerate(configs)))
        states = [await graph.aget_state(config) for config in configs]
    assert [state.values["light"] for state in states] == [str(n) for n in range(12)]
    assert all(state.values["brief"] == BRIEF for state in states)


def _packed(code: int, *parts: Any) -> tuple[str, bytes]:
    return "msgpack", ormsgpack.packb(ormsgpack.Ext(code, ormsgpack.packb(parts)))


@pytest.mark.parametrize(
    "payload",
    [
        _packed(0, "os", "system", "touch {marker}"),                           # a constructor with one argument
        _packed(1, "os", "system", ["touch {marker}"]),                         # with several
        _packed(2, "subprocess", "check_call", {"args": ["touch", "{marker}"]}),
        _packed(3, "pathlib", "Path", "{marker}", "touch"),                     # a method
        _packed(5, "http.cookiejar", "CookieJar", {}, "model_validate_json"),   # as if it were a model
    ],
)
def test_a_tampered_checkpoint_runs_nothing_and_is_refused(
    payload: tuple[str, bytes], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    with pytest.raises(StorageFailed, match="may not be read back"):
        StrictSerializer(domain_types()).loads_typed(payload)
    assert list(tmp_path.iterdir()) == []


class Stranger(BaseModel):
    name: str


def test_a_model_from_elsewhere_is_refused_rather_than_turned_into_a_dict() -> None:
    written = StrictSerializer(domain_types()).dumps_typed({"who": Stranger(name="x")})
    with pytest.raises(StorageFailed, match="Stranger"):
        StrictSerializer(domain_types()).loads_typed(written)
    assert StrictSerializer([*domain_types(), Stranger]).loads_typed(written) == {"who": Stranger(name="x")}


def test_a_refusal_does_not_stick_to_the_next_value() -> None:
    serde = StrictSerializer(domain_types())
    with pytest.raises(StorageFailed):
        serde.loads_typed(serde.dumps_typed(Stranger(name="x")))
    assert serde.loads_typed(serde.dumps_typed(BRIEF)) == BRIEF


def _rewritten(change: dict[str, Any], drop: str = "") -> tuple[str, bytes]:
    """A Brief as another version of Onbrand would have written it."""
    fields = {name: value for name, value in {**BRIEF.model_dump(mode="json"), **change}.items() if name != drop}
    return _packed(5, "domain.brief", "Brief", fields, "model_validate_json")


def test_a_field_that_a_later_version_dropped_does_not_leave_dicts_in_the_model() -> None:
    brief = StrictSerializer(domain_types()).loads_typed(_rewritten({"retired": "yes"}))
    assert brief == BRIEF
    assert isinstance(brief.products[0].value, ProductMention)


@pytest.mark.parametrize(
    "payload", [_rewritten({}, drop="brand"), _rewritten({"products": "a mug"})], ids=["missing field", "wrong type"]
)
def test_a_checkpoint_that_no_longer_fits_says_so(payload: tuple[str, bytes]) -> None:
    with pytest.raises(StorageFailed, match="another version"):
        StrictSerializer(domain_types()).loads_typed(payload)


IMPORTED_LATE = """
import os
os.environ.pop("LANGGRAPH_STRICT_MSGPACK", None)
import langgraph.graph                                      # LangGraph decides here, and permissively
from langgraph.checkpoint.serde import _msgpack
assert not _msgpack.STRICT_MSGPACK_ENABLED
import sys
sys.path.insert(0, sys.argv[1])
import test_checkpoints as these
these.test_a_model_from_elsewhere_is_refused_rather_than_turned_into_a_dict()
"""


def test_strictness_does_not_depend_on_what_was_imported_first() -> None:
    folder = str(Path(__file__).parent)
    subprocess.run([sys.executable, "-c", IMPORTED_LATE, folder], check=True, timeout=60)


def test_importing_checkpoints_makes_langgraph_strict_for_those_who_import_it_later() -> None:
    code = """
import memory.checkpoints
from langgraph._internal import _serde
assert _serde.STRICT_MSGPACK_ENABLED
"""
    environment = {name: value for name, value in os.environ.items() if name != "LANGGRAPH_STRICT_MSGPACK"}
    subprocess.run([sys.executable, "-c", code], check=True, env=environment, timeout=60)


SET_UP = """
import asyncio
from pathlib import Path
from memory import Home
from memory.checkpoints import open_checkpoints
import langgraph.checkpoint.postgres.aio

async def open_them(where):
    async with open_checkpoints(where if where.startswith("postgres") else Home(Path(where))) as saver:
        assert await saver.aget_tuple({"configurable": {"thread_id": "none"}}) is None

def work(number, where):
    asyncio.run(open_them(where))
"""


def test_processes_that_set_the_checkpoints_up_at_once_all_succeed(where: Home | str) -> None:
    if isinstance(where, str):
        import psycopg

        with psycopg.connect(where, autocommit=True) as server:
            server.execute("DROP TABLE IF EXISTS checkpoint_migrations, checkpoints, checkpoint_blobs, "
                           "checkpoint_writes")
    race(SET_UP, 3, where if isinstance(where, str) else str(where.root))


async def test_a_file_that_is_no_database_is_said_to_be_none(home: Home) -> None:
    home.checkpoints_file.write_bytes(b"\xa5" * 5000)
    with pytest.raises(StorageFailed, match="not a database") as caught:
        async with open_checkpoints(home):
            pass
    assert "checkpoints.sqlite" in caught.value.where


async def test_an_unreachable_server_is_a_storage_failure(monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("psycopg")
    monkeypatch.setattr("memory.checkpoints.CONNECT_SECONDS", 0.5)
    with pytest.raises(StorageFailed, match="cannot be reached"):
        async with open_checkpoints("postgresql+psycopg://user:hunter2@127.0.0.1:1/x"):
            pass
