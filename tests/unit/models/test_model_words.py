"""What is asked of models: specs, digests and transcripts."""

from __future__ import annotations

import pytest
from pydantic import ValidationError

from domain.models import Ask, ImagePart, ModelRole, ModelSpec, Payer, Prompt, Provider, TextPart

IMAGE = ImagePart.of(b"not really a picture", "image/png")


def ask(*parts: TextPart | ImagePart, brand: str = "demo", version: int = 1) -> Ask:
    return Ask(
        role=ModelRole.GATE_JUDGE,
        prompt=Prompt(name="gates", version=version),
        system="You judge.",
        parts=parts,
        payer=Payer(brand=brand, stage="critique"),
    )


@pytest.mark.parametrize(
    "text",
    [
        "builtin",
        "bedrock_converse:eu.amazon.nova-2-lite-v1:0",
        "bedrock_invoke:arn:aws:bedrock:eu-central-1:111122223333:imported-model/a1b2c3",
        "openai:qwen2.5-vl:7b@http://127.0.0.1:11434/v1",
        "openai:team@prod/model@https://proxy.example/v1",
    ],
)
def test_a_spec_reads_back_as_it_was_written(text: str) -> None:
    assert str(ModelSpec.parse(text)) == text


def test_a_bedrock_spec_keeps_the_colon_of_its_model_id() -> None:
    spec = ModelSpec.parse("bedrock_converse:us.anthropic.claude-haiku-4-5-20251001-v1:0")
    assert (spec.provider, spec.model) == (Provider.BEDROCK_CONVERSE, "us.anthropic.claude-haiku-4-5-20251001-v1:0")


@pytest.mark.parametrize(
    "text",
    [
        "", "gpt", "bedrock_converse:", "bedrock_invoke:", "openai:m", "openai:@http://x", "openai:m@ftp://x",
        "builtin:x",
    ],
)
def test_any_other_spec_is_refused_in_words(text: str) -> None:
    with pytest.raises(ValueError, match="openai:MODEL@URL"):
        ModelSpec.parse(text)


def test_the_digest_of_an_ask_is_of_what_was_asked_not_of_who_pays() -> None:
    first = ask(TextPart(text="Is the sign readable?"), IMAGE)
    assert first.digest == ask(TextPart(text="Is the sign readable?"), IMAGE, brand="acme").digest
    others = {
        first.digest,
        ask(TextPart(text="Is the sign readable?")).digest,
        ask(IMAGE, TextPart(text="Is the sign readable?")).digest,
        ask(TextPart(text="Is the sign readable?"), IMAGE, version=2).digest,
    }
    assert len(others) == 4


def test_bytes_of_images_are_in_no_record_of_an_ask() -> None:
    asked = ask(TextPart(text="Look."), IMAGE)
    for told in (repr(asked), asked.model_dump_json(), str(asked.transcript())):
        assert "not really a picture" not in told
        assert IMAGE.digest in told


def test_an_image_under_a_digest_that_is_not_its_own_is_refused() -> None:
    with pytest.raises(ValidationError, match="not that of the bytes"):
        ImagePart(digest="0" * 64, media_type="image/png", data=b"x")
