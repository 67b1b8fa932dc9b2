"""Remembered defaults: kept per brand and person, replaced, forgotten, and learned from habits."""

from __future__ import annotations

import pytest

from domain.errors import NotFound
from domain.remembered import MemorySource, StatedRule
from memory import Database
from memory.remembered import RememberedDefaults

STATED = MemorySource.STATED


@pytest.fixture
def memory(database: Database) -> RememberedDefaults:
    return RememberedDefaults(database)


def rule(field: str, value: str, *, personal: bool = False) -> StatedRule:
    return StatedRule(field=field, value=value, said=f"we always {value}", personal=personal)


def held(memory: RememberedDefaults, brand: str = "demo", owner: str | None = None) -> set[tuple[str, str]]:
    return {(row.field, row.value) for row in memory.list(brand, owner)}


def test_what_is_kept_is_listed_with_its_words_and_its_run(memory: RememberedDefaults) -> None:
    memory.keep("demo", [rule("avoid", "snow")], STATED, by="key:1", run_id="run-00000001")
    (row,) = memory.list("demo")
    assert (row.field, row.value, row.source, row.said) == ("avoid", "snow", STATED, "we always snow")
    assert (row.run_id, row.by, row.owner) == ("run-00000001", "key:1", "")


def test_a_brand_never_sees_nor_forgets_what_another_remembers(memory: RememberedDefaults) -> None:
    memory.keep("demo", [rule("avoid", "snow")], STATED)
    memory.keep("other", [rule("avoid", "sand")], STATED)
    (other,) = memory.list("other")
    assert held(memory) == {("avoid", "snow")}
    with pytest.raises(NotFound) as not_yours:
        memory.forget("demo", other.id)
    with pytest.raises(NotFound) as not_there:
        memory.forget("demo", "m-00000000")
    assert not_yours.value.message.replace(other.id, "ID") == not_there.value.message.replace("m-00000000", "ID")
    memory.forget("demo")
    assert held(memory, "other") == {("avoid", "sand")}


def test_saying_it_again_changes_nothing(memory: RememberedDefaults) -> None:
    first = memory.keep("demo", [rule("light", "dusk"), rule("avoid", "snow")], STATED)
    again = memory.keep("demo", [rule("light", "dusk"), rule("avoid", "snow")], STATED)
    assert len(first) == 2
    assert again == []
    assert len(memory.list("demo")) == 2


def test_a_new_rule_replaces_the_old_one_of_its_field_but_things_to_avoid_add_up(memory: RememberedDefaults) -> None:
    memory.keep("demo", [rule("light", "dusk"), rule("avoid", "snow")], STATED)
    memory.keep("demo", [rule("markets", "SE"), rule("markets", "NO")], STATED)
    memory.keep("demo", [rule("light", "noon"), rule("avoid", "people"), rule("markets", "DE")], STATED)
    expected = {("light", "noon"), ("avoid", "snow"), ("avoid", "people"), ("markets", "DE")}
    assert held(memory) == expected


def test_a_personal_rule_is_its_speakers_alone_and_goes_before_the_brands(memory: RememberedDefaults) -> None:
    memory.keep("demo", [rule("light", "dusk")], STATED, by="key:ann")
    memory.keep("demo", [rule("light", "noon", personal=True)], STATED, by="key:ann")
    memory.keep("demo", [rule("avoid", "neon", personal=True)], STATED, by="key:ann")
    assert held(memory, owner="key:ann") == {("light", "noon"), ("avoid", "neon")}
    assert held(memory, owner="key:bob") == {("light", "dusk")}


def test_the_same_answer_three_times_in_a_row_becomes_a_default(memory: RememberedDefaults) -> None:
    learned = [memory.chose("demo", "light", value, by="ann", run_id=f"run-0000000{n}")
               for n, value in enumerate(("dusk", "noon", "dusk", "dusk", "dusk"))]
    assert [len(rows) for rows in learned] == [0, 0, 0, 0, 1]
    (row,) = learned[-1]
    assert (row.field, row.value, row.owner, row.source) == ("light", "dusk", "ann", MemorySource.CHOSEN)


def test_several_markets_chosen_together_are_remembered_one_by_one(memory: RememberedDefaults) -> None:
    for n in range(3):
        memory.chose("demo", "markets", "SE,NO", by="", run_id=f"run-0000000{n}")
    assert held(memory) == {("markets", "SE"), ("markets", "NO")}


def test_one_run_counts_once_and_other_people_and_brands_do_not_count(memory: RememberedDefaults) -> None:
    for _ in range(5):
        assert memory.chose("demo", "light", "dusk", by="ann", run_id="run-00000001") == []
    assert memory.chose("demo", "light", "dusk", by="bob", run_id="run-00000002") == []
    assert memory.chose("other", "light", "dusk", by="ann", run_id="run-00000003") == []
    assert memory.chose("demo", "light", "dusk", by="ann", run_id="run-00000004") == []
    assert memory.chose("demo", "light", "dusk", by="ann", run_id="run-00000005") != []


def test_what_is_forgotten_has_to_be_chosen_three_times_anew(memory: RememberedDefaults) -> None:
    for n in range(3):
        memory.chose("demo", "light", "dusk", by="ann", run_id=f"run-0000000{n}")
    gone = memory.forget("demo", "light")
    assert [row.value for row in gone] == ["dusk"]
    assert memory.list("demo") == []
    assert memory.chose("demo", "light", "dusk", by="ann", run_id="run-00000007") == []
    assert memory.chose("demo", "light", "dusk", by="ann", run_id="run-00000008") == []
    assert memory.chose("demo", "light", "dusk", by="ann", run_id="run-00000009") != []
