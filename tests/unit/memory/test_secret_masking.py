from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from memory.traces import MASK, masked


@pytest.mark.parametrize(
    "name",
    ["api_key", "apiKey", "x-api-key", "API_KEY", "key", "accessToken", "token", "session_token", "client_secret",
     "DB_PASSWORD", "password", "Authorization", "AWS_SECRET_ACCESS_KEY", "OPENAIKey"],
)
@pytest.mark.parametrize("value", ["hunter2", {"nested": "hunter2"}, ["hunter2"], ""])
def test_the_value_of_a_secret_name_is_never_written(name: str, value: Any) -> None:
    assert masked({"outer": [{name: value}]}) == {"outer": [{name: MASK}]}


def test_a_numeric_password_is_masked_and_a_count_of_tokens_is_not() -> None:
    assert masked({"password": 1234, "input_tokens": 12, "key_light_angle": -0.4}) == {
        "password": MASK, "input_tokens": 12, "key_light_angle": -0.4,
    }


def test_the_key_of_a_publication_is_a_hash_and_stays() -> None:
    publication = {"key": "0" * 64, "digest": "1" * 64, "channel": "web", "destination": "folder", "path": "/out"}
    assert masked({"publications": [publication]}) == {"publications": [publication]}


@pytest.mark.parametrize("name", ["keyboard", "turkey", "monkey-mug", "tokenizer", "secretary_desk", "keynote"])
def test_products_that_merely_sound_like_secrets_keep_their_values(name: str) -> None:
    assert masked({name: "digest"}) == {name: "digest"}


@pytest.mark.parametrize(
    "text",
    ["Bearer abcdefgh12345678", "key AKIAIOSFODNN7EXAMPLE here", "sk-proj-abcdefghijklmnopqrstuvwxyz"],
)
def test_text_that_looks_like_a_credential_is_masked_wherever_it_stands(text: str) -> None:
    written = masked({"message": f"401 for {text}!"})["message"]
    assert MASK in written
    assert text not in written


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=8),
    lambda children: st.lists(children, max_size=3) | st.dictionaries(st.text(max_size=8), children, max_size=3),
    max_leaves=12,
)


@given(json_values)
def test_masking_twice_changes_nothing_more_and_keeps_the_shape(value: Any) -> None:
    once = masked(value)
    assert masked(once) == once
    if isinstance(value, dict):
        assert once.keys() == value.keys()
