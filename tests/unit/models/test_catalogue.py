"""What the catalogue says of models: every price from two places, no ability that is not on record elsewhere."""

from __future__ import annotations

from fnmatch import fnmatchcase
from typing import Any

import pytest

from domain.errors import Misconfigured
from domain.models import ModelSpec
from tools.models import Price, card
from tools.models.catalogue import Catalogue, catalogue


def test_every_price_has_two_sources_with_a_date_and_one_of_them_is_the_makers() -> None:
    book = catalogue()
    for row in book.models:
        assert row.price is not None, row.match
        assert {"aws", "anthropic"} & set(row.price_from), row.match
        assert row.price.cached is not None and row.price.cached < row.price.input, row.match
    assert all(source.read.isoformat() <= book.version for source in book.sources.values())


@pytest.mark.parametrize("named", [[], ["litellm"], ["litellm", "litellm"], ["litellm", "hearsay"]])
def test_a_price_without_two_sources_spoils_the_catalogue(named: list[str]) -> None:
    told = catalogue().model_dump(mode="json")
    told["models"][0]["price_from"] = named
    with pytest.raises(ValueError, match="a price needs two of the sources"):
        Catalogue.model_validate(told)


def test_a_model_that_one_source_prices_is_refused_until_the_settings_name_a_price() -> None:
    with pytest.raises(Misconfigured, match="no price on record"):
        card(ModelSpec.parse("bedrock_converse:us.amazon.nova-2-pro-preview-20251202-v1:0"))


def test_tokens_that_are_written_to_the_cache_cost_what_they_cost() -> None:
    price = Price(input=1, output=5, cached=0.1, cache_write=1.25)
    assert price.of(1_000_000, 0, cached=400_000, written=500_000) == pytest.approx(0.1 + 0.04 + 0.625)


def profiles() -> list[tuple[str, dict[str, Any]]]:
    """What langchain-aws has on record, by model id."""
    from langchain_aws.data._profiles import _PROFILES

    return sorted(_PROFILES.items())


def test_no_ability_is_claimed_that_langchains_record_lacks() -> None:
    found = profiles()
    for row in catalogue().models:
        held = [profile for name, profile in found if fnmatchcase(name, row.match)]
        assert held, row.match
        for profile in held:
            able = row.abilities
            assert able.context <= profile["max_input_tokens"] and able.longest <= profile["max_output_tokens"]
            assert able.images == profile["image_inputs"] and able.sampling == profile["temperature"], row.match
            assert able.schema_output <= profile.get("structured_output", False), row.match
            assert able.forced_tools <= profile["tool_calling"], row.match
