"""Who calls: a key, a token, or everybody on one's own machine; and one answer for everybody else."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from domain.access import Action, Role
from domain.errors import Forbidden, NotFound, TooManyRequests, Unauthorised
from memory.keys import Key
from service.auth import AtOnce, Rate, SignIn
from service.auth import limits as limits_module

KEY = Key(
    id="k1", name="ci", grants={"demo": frozenset({Role.CREATOR}), "other": frozenset({Role.VIEWER})},
    created=datetime(2026, 1, 1, tzinfo=UTC), created_by="test",
)  # fmt: skip


class OneKey:
    """A key store with one key."""

    def find(self, secret: str) -> Key | None:
        return KEY if secret == "onb_k1_secret" else None


SIGN_IN = SignIn(OneKey())


async def test_a_key_calls_for_the_brand_it_asks_for_among_its_own() -> None:
    caller = await SIGN_IN.caller("Bearer onb_k1_secret", "demo")
    assert (caller.principal.id, caller.principal.name, caller.brand) == ("key:k1", "ci", "demo")
    assert caller.allowed(Action.CREATE)
    other = await SIGN_IN.caller("bearer  onb_k1_secret ", "other")
    assert not other.allowed(Action.CREATE)
    for brand in ("nobody", None):
        with pytest.raises(NotFound):
            await SIGN_IN.caller("Bearer onb_k1_secret", brand)


@pytest.mark.parametrize(
    "authorization",
    [None, "", "Bearer", "Bearer ", "Bearer onb_k1_wrong", "Basic onb_k1_secret", "onb_k1_secret", "Bearer a.b.c",
     "Bearer ön", "Bearer\tonb_k1_secret"],
)  # fmt: skip
async def test_everybody_else_gets_the_same_words(authorization: str | None) -> None:
    with pytest.raises(Unauthorised) as nobody:
        await SIGN_IN.principal(authorization)
    with pytest.raises(Unauthorised) as nothing:
        await SIGN_IN.principal(None)
    assert nobody.value.document() == nothing.value.document()


async def test_on_ones_own_machine_everybody_creates_and_nobody_approves() -> None:
    local = SignIn(local=True, brands=("demo", "other"))
    caller = await local.caller(None, "demo")
    assert caller.allowed(Action.CREATE)
    assert caller.allowed(Action.READ)
    for action in (Action.APPROVE, Action.ADMINISTER):
        with pytest.raises(Forbidden):
            caller.must(action)
    with pytest.raises(NotFound):
        await local.caller("Bearer anything", "elsewhere")


def test_a_share_fills_evenly_and_never_beyond_itself() -> None:
    now = [0.0]
    rate = Rate(60, lambda: now[0])
    for _ in range(60):
        rate.take("one")
    with pytest.raises(TooManyRequests) as full:
        rate.take("one")
    assert full.value.retry_after_s == pytest.approx(1.0)
    rate.take("two")
    now[0] += 2.5
    rate.take("one")
    rate.take("one")
    with pytest.raises(TooManyRequests) as half:
        rate.take("one")
    assert half.value.retry_after_s == pytest.approx(0.5)
    now[0] += 10_000
    for _ in range(60):
        rate.take("one")
    with pytest.raises(TooManyRequests):
        rate.take("one")


def test_who_was_silent_for_longest_is_forgotten_first(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits_module, "MOST_PRINCIPALS", 100)
    rate = Rate(1, lambda: 0.0)
    for number in range(150):
        rate.take(f"p{number}")
    for number in (149, 51):
        with pytest.raises(TooManyRequests):
            rate.take(f"p{number}")
    rate.take("p0")


def test_places_are_given_back_however_the_work_ends() -> None:
    streams = AtOnce(2, "streams")
    with streams.place("one"), streams.place("one"):
        with pytest.raises(TooManyRequests, match="2 streams in progress"), streams.place("one"):
            pass
        with streams.place("two"):
            pass
    with pytest.raises(RuntimeError), streams.place("one"):
        raise RuntimeError("the work failed")
    with streams.place("one"), streams.place("one"):
        pass
