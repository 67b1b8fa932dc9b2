from datetime import UTC, datetime

import pytest
from sqlalchemy import update

from domain.errors import BadInput, LeaseLost, NotFound, ProgrammerMustAct
from domain.plan import Prediction
from domain.run import Failure, OptionView, RunRequest, RunStatus, RunView
from memory import Database, RunTable, new_run_id, this_worker
from memory.tables import runs as table


def _view(run_id: str, status: RunStatus, *, generator: str = "compositor", shortlist: tuple[str, ...] = ()) -> RunView:
    now = datetime.now(UTC)
    option = OptionView(
        name="standard", title="Standard", generator=generator, candidates=9, prediction=Prediction(cost=0, seconds=5)
    )
    return RunView(
        run_id=run_id, brand="demo", status=status, request=RunRequest(request="a can"), created_at=now,
        updated_at=now, options=(option,), chosen_option="standard", shortlist=shortlist,
    )


def test_a_run_comes_back_as_it_was_written(runs: RunTable) -> None:
    request = RunRequest(
        request="our can — på svenska: apelsin 🍊", brand="acme", markets=("SE",), channels=("instagram",),
        answers={"product": "can"}, product_box=(1, 2, 3, 4), budget=2.5,
    )
    written = runs.create(request, new_run_id(), out_dir="out/x", trace_path="traces/x.jsonl")
    read = runs.get("acme", written.run_id)
    assert read == written
    assert read.request == request
    assert read.created_at.tzinfo is not None
    assert not read.finished


def test_another_brands_run_looks_exactly_like_none(runs: RunTable) -> None:
    mine = runs.create(RunRequest(request="x", brand="acme"), new_run_id()).run_id
    missing = "run-" + "0" * len(mine.removeprefix("run-"))

    def answer(brand: str, run_id: str) -> dict[str, str]:
        with pytest.raises(NotFound) as caught:
            runs.get(brand, run_id)
        return {name: text.replace(run_id, "ID") for name, text in caught.value.document().items()}

    assert answer("other", mine) == answer("other", missing)
    for ask in (runs.view, runs.request_cancel):
        with pytest.raises(NotFound):
            ask("other", mine)
    assert runs.list("other") == []
    assert runs.unfinished("other") == []
    assert not runs.cancel_requested(mine)


def test_an_id_used_twice_is_a_bug_and_the_first_run_stays(runs: RunTable, run_id: str) -> None:
    with pytest.raises(ProgrammerMustAct):
        runs.create(RunRequest(request="another"), run_id)
    assert runs.get("demo", run_id).request.request == "our can on a terrace"


def test_runs_are_listed_newest_first_by_status_and_up_to_a_limit(runs: RunTable) -> None:
    ids = [runs.create(RunRequest(request=str(number)), new_run_id()).run_id for number in range(4)]
    runs.set_status(ids[1], RunStatus.REVIEW)
    runs.set_status(ids[2], RunStatus.FAILED, Failure(code="fault", message="broke", hint="resume"))
    assert [row.run_id for row in runs.list("demo")] == ids[::-1]
    assert [row.run_id for row in runs.list("demo", limit=2)] == [ids[3], ids[2]]
    assert [row.run_id for row in runs.list("demo", status=RunStatus.REVIEW)] == [ids[1]]
    assert [row.run_id for row in runs.unfinished("demo")] == [ids[0], ids[1], ids[3]]
    failed = runs.get("demo", ids[2])
    assert failed.finished
    assert failed.failure == Failure(code="fault", message="broke", hint="resume")


def test_a_run_knows_who_began_it_and_what_it_waits_for(runs: RunTable) -> None:
    run_id = runs.create(RunRequest(request="x"), new_run_id(), created_by="key:1").run_id
    runs.set_status(run_id, RunStatus.NEEDS_INPUT, waiting_for="i1")
    row = runs.get("demo", run_id)
    assert (row.created_by, row.waiting_for) == ("key:1", "i1")
    runs.set_status(run_id, RunStatus.WORKING)
    assert runs.get("demo", run_id).waiting_for is None


def test_pages_hold_every_run_once_though_runs_begin_meanwhile(database: Database, runs: RunTable) -> None:
    ids = [runs.create(RunRequest(request="x"), new_run_id()).run_id for _ in range(7)]
    with database.begin() as connection:                                # three of one moment
        connection.execute(update(table).where(table.c.run_id.in_(ids[2:5])).values(created=datetime.now(UTC)))
    whole = [row.run_id for row in runs.list("demo")]
    seen: list[str] = []
    while page := runs.list("demo", limit=2, before=seen[-1] if seen else None):
        seen += [row.run_id for row in page]
        runs.create(RunRequest(request="newer"), new_run_id())
    assert seen == whole
    assert sorted(seen) == sorted(ids)


def test_a_list_may_be_of_one_principals_runs_and_its_pages_too(runs: RunTable) -> None:
    ids = [
        runs.create(RunRequest(request="x"), new_run_id(), created_by=by).run_id
        for by in ("key:1", "key:2", "key:1", "key:2", "key:1")
    ]
    assert [row.run_id for row in runs.list("demo", created_by="key:1")] == [ids[4], ids[2], ids[0]]
    assert [row.run_id for row in runs.list("demo", created_by="key:1", before=ids[4])] == [ids[2], ids[0]]
    runs.set_status(ids[2], RunStatus.REVIEW)
    reviewed = runs.list("demo", status=RunStatus.REVIEW, created_by="key:1", before=ids[4])
    assert [row.run_id for row in reviewed] == [ids[2]]
    for brand, by, before in [("demo", "key:1", ids[3]), ("other", None, ids[3]), ("demo", None, new_run_id())]:
        with pytest.raises(NotFound):
            runs.list(brand, created_by=by, before=before)


def test_runs_at_work_are_counted_by_principal(runs: RunTable) -> None:
    ids = [
        runs.create(RunRequest(request="x", brand=brand), new_run_id(), created_by=by).run_id
        for brand, by in (("demo", "key:1"), ("acme", "key:1"), ("demo", "key:1"), ("demo", "key:2"))
    ]
    assert (runs.working("key:1"), runs.working("key:2"), runs.working("key:3")) == (3, 1, 0)
    runs.set_status(ids[0], RunStatus.REVIEW)
    assert runs.working("key:1") == 2


def test_a_later_status_clears_the_failure_of_an_earlier_one(runs: RunTable, run_id: str) -> None:
    runs.set_status(run_id, RunStatus.FAILED, Failure(code="fault", message="broke"))
    runs.set_status(run_id, RunStatus.WORKING)
    assert runs.get("demo", run_id).failure is None


def test_a_snapshot_comes_back_whole_and_does_not_change_the_status(runs: RunTable, run_id: str) -> None:
    assert runs.view("demo", run_id) is None
    view = _view(run_id, RunStatus.PUBLISHED, shortlist=("c1",))
    runs.save_view(run_id, view)
    assert runs.view("demo", run_id) == view
    assert runs.get("demo", run_id).status is RunStatus.WORKING


def test_cancelling_is_seen_by_the_worker_and_a_finished_run_refuses_it(runs: RunTable, run_id: str) -> None:
    assert not runs.cancel_requested(run_id)
    runs.request_cancel("demo", run_id)
    assert runs.cancel_requested(run_id)
    runs.set_status(run_id, RunStatus.PUBLISHED)
    with pytest.raises(BadInput, match="finished"):
        runs.request_cancel("demo", run_id)


def test_writes_to_a_run_that_does_not_exist_are_refused(runs: RunTable) -> None:
    missing = new_run_id()
    for write in (
        lambda: runs.set_status(missing, RunStatus.REVIEW),
        lambda: runs.save_view(missing, _view(missing, RunStatus.REVIEW)),
        lambda: runs.cancel_requested(missing),
    ):
        with pytest.raises(NotFound):
            write()


def test_a_worker_whose_lease_was_taken_over_writes_nothing(runs: RunTable, run_id: str) -> None:
    late = runs.lease(run_id, "first", ttl=0.0)
    runs.lease(run_id, this_worker())
    with pytest.raises(LeaseLost):
        runs.set_status(run_id, RunStatus.PUBLISHED, fence=late.fence)
    with pytest.raises(LeaseLost):
        runs.save_view(run_id, _view(run_id, RunStatus.PUBLISHED), fence=late.fence)
    assert runs.get("demo", run_id).status is RunStatus.WORKING
    assert runs.view("demo", run_id) is None


def test_pass_rates_count_runs_that_came_to_a_verdict_with_this_generator(runs: RunTable) -> None:
    for status, generator, shortlist in [
        (RunStatus.PUBLISHED, "compositor", ("a",)),
        (RunStatus.REVIEW, "compositor", ("a", "b")),
        (RunStatus.CANCELLED, "compositor", ("a",)),            # cancelled after it had passed
        (RunStatus.NOTHING_PASSED, "compositor", ()),
        (RunStatus.FAILED, "compositor", ()),                   # a full disk says nothing about the generator
        (RunStatus.WORKING, "compositor", ()),
        (RunStatus.PUBLISHED, "diffusion", ("a",)),
    ]:
        run_id = runs.create(RunRequest(request="x"), new_run_id()).run_id
        runs.save_view(run_id, _view(run_id, status, generator=generator, shortlist=shortlist))
        runs.set_status(run_id, status)
    assert runs.pass_rates("demo", "compositor") == (4, 3)
    assert runs.pass_rates("demo", "diffusion") == (1, 1)
    assert runs.pass_rates("other", "compositor") == (0, 0)
