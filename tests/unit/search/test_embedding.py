"""Text vectors: shipped, checked, and better than chance."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import numpy as np
import pytest

from domain.errors import Misconfigured
from domain.ports import Embedder
from tools.search import SentenceModel, StaticEmbedder, text_embedder
from tools.search.embedding import SHIPPED
from tools.search.sentence_model import gelu, read_safetensors


@pytest.fixture(scope="module")
def embedder() -> StaticEmbedder:
    return StaticEmbedder()


def test_vectors_have_length_one_and_the_promised_width(embedder: StaticEmbedder) -> None:
    vectors = embedder.embed(["a red mug", "sunlit terrace by the sea", "x"])
    assert vectors.shape == (3, embedder.dimensions)
    assert vectors.dtype == np.float32
    assert np.linalg.norm(vectors, axis=1) == pytest.approx(1, abs=1e-5)


@pytest.mark.parametrize(
    ("near", "to", "than"),
    [
        ("beach", "sandy shore by the sea", "office desk"), ("couch", "velvet sofa", "mountain bike"),
        ("spectacles", "eyeglasses frame", "wine bottle"), ("gym", "fitness training", "birthday cake"),
    ],
)
def test_like_meanings_lie_closer_than_unlike_ones(embedder: StaticEmbedder, near: str, to: str, than: str) -> None:
    asked, like, unlike = embedder.embed([near, to, than])
    assert asked @ like > asked @ unlike + 0.1


def test_a_text_without_a_known_token_is_like_nothing(embedder: StaticEmbedder) -> None:
    assert not embedder.embed(["", "漢字", "!!!"]).any()


def test_no_text_gives_no_vectors(embedder: StaticEmbedder) -> None:
    assert embedder.embed([]).shape == (0, embedder.dimensions)


def test_a_batch_embeds_like_its_parts(embedder: StaticEmbedder) -> None:
    texts = ["one mug", "a very long description of a terrace in the last light of a summer day", "can"]
    apart = np.concatenate([embedder.embed([text]) for text in texts])
    assert np.array_equal(embedder.embed(texts), apart)


def test_it_tells_words_of_the_language_from_misspellings(embedder: StaticEmbedder) -> None:
    assert embedder.knows("Bottle")
    assert not embedder.knows("botle")


def test_a_damaged_file_is_refused_with_its_name(tmp_path: Path) -> None:
    folder = shutil.copytree(SHIPPED, tmp_path / "copy")
    assert StaticEmbedder(folder).dimensions == 192
    damaged = bytearray((folder / "vectors.npz").read_bytes())
    damaged[len(damaged) // 2] ^= 1
    (folder / "vectors.npz").write_bytes(damaged)
    with pytest.raises(Misconfigured, match=r"vectors\.npz") as refused:
        StaticEmbedder(folder)
    assert refused.value.hint


def test_a_missing_file_is_refused(tmp_path: Path) -> None:
    folder = shutil.copytree(SHIPPED, tmp_path / "copy")
    (folder / "tokenizer.json").unlink()
    with pytest.raises(Misconfigured, match=r"tokenizer\.json"):
        StaticEmbedder(folder)


def test_the_files_come_with_their_licence_and_recipe() -> None:
    assert "Apache" in (SHIPPED / "LICENSE.md").read_text()
    recipe = (SHIPPED / "RECIPE.md").read_text()
    assert "53aa51172d142c89" in recipe
    assert sum(path.stat().st_size for path in SHIPPED.iterdir()) < 6_000_000


def tiny_model(folder: Path, *, layers: int = 2, width: int = 8, vocabulary: int = 6) -> Path:
    """A BERT encoder of a few numbers, written as it is published: config, tokenizer, safetensors."""
    random = np.random.default_rng(3)
    tensors = {
        "embeddings.word_embeddings.weight": random.normal(size=(vocabulary, width)),
        "embeddings.position_embeddings.weight": random.normal(size=(16, width)),
        "embeddings.token_type_embeddings.weight": random.normal(size=(2, width)),
        "embeddings.LayerNorm.weight": np.ones(width), "embeddings.LayerNorm.bias": np.zeros(width),
    }
    for number in range(layers):
        layer = f"encoder.layer.{number}"
        for name, rows, columns in (
            ("attention.self.query", width, width), ("attention.self.key", width, width),
            ("attention.self.value", width, width), ("attention.output.dense", width, width),
            ("intermediate.dense", 2 * width, width), ("output.dense", width, 2 * width),
        ):
            tensors[f"{layer}.{name}.weight"] = random.normal(size=(rows, columns)) / 3
            tensors[f"{layer}.{name}.bias"] = np.zeros(rows)
        for name in ("attention.output.LayerNorm", "output.LayerNorm"):
            tensors[f"{layer}.{name}.weight"], tensors[f"{layer}.{name}.bias"] = np.ones(width), np.zeros(width)
    header, body = {}, b""
    for name, values in tensors.items():
        raw = values.astype(np.float32).tobytes()
        header[f"bert.{name}"] = {
            "dtype": "F32", "shape": list(values.shape), "data_offsets": [len(body), len(body) + len(raw)],
        }
        body += raw
    packed = json.dumps(header).encode()
    (folder / "model.safetensors").write_bytes(len(packed).to_bytes(8, "little") + packed + body)
    (folder / "config.json").write_text(json.dumps({
        "model_type": "bert", "hidden_act": "gelu", "num_hidden_layers": layers, "num_attention_heads": 2,
        "layer_norm_eps": 1e-12, "hidden_size": width,
    }))
    vocab = {"[PAD]": 0, "[UNK]": 1, "mug": 2, "red": 3, "can": 4, "sea": 5}
    (folder / "tokenizer.json").write_text(json.dumps({
        "version": "1.0", "truncation": None, "padding": None, "added_tokens": [],
        "normalizer": {"type": "BertNormalizer", "clean_text": True, "handle_chinese_chars": True,
                       "strip_accents": None, "lowercase": True},
        "pre_tokenizer": {"type": "BertPreTokenizer"}, "post_processor": None, "decoder": None,
        "model": {"type": "WordPiece", "unk_token": "[UNK]", "continuing_subword_prefix": "##",
                  "max_input_chars_per_word": 100, "vocab": vocab},
    }))
    return folder


def test_a_sentence_model_is_read_from_its_folder_and_padding_changes_nothing(tmp_path: Path) -> None:
    model = SentenceModel(tiny_model(tmp_path))
    alone = model.embed(["red mug"])
    beside = model.embed(["red mug", "red red red can sea mug red can"])
    assert alone.shape == (1, 8)
    assert np.allclose(alone[0], beside[0], atol=1e-5)
    assert np.linalg.norm(beside, axis=1) == pytest.approx(1, abs=1e-5)
    assert not np.allclose(model.embed(["mug red"])[0], alone[0], atol=1e-3), "word order matters to an encoder"


def test_a_cut_short_sentence_model_is_refused(tmp_path: Path) -> None:
    folder = tiny_model(tmp_path)
    whole = (folder / "model.safetensors").read_bytes()
    for length in (4, len(whole) - 20):
        (folder / "model.safetensors").write_bytes(whole[:length])
        with pytest.raises(Misconfigured):
            SentenceModel(folder)


def test_a_folder_with_another_network_is_refused_by_name(tmp_path: Path) -> None:
    folder = tiny_model(tmp_path)
    config = json.loads((folder / "config.json").read_text())
    (folder / "config.json").write_text(json.dumps({**config, "model_type": "clip"}))
    with pytest.raises(Misconfigured, match="clip"):
        SentenceModel(folder)


def test_the_configured_folder_decides_which_embedder_answers(tmp_path: Path) -> None:
    chosen: Embedder = text_embedder(tiny_model(tmp_path))
    assert chosen.name.startswith("sentence-")
    assert text_embedder().name.startswith("static-")
    with pytest.raises(Misconfigured):
        text_embedder(tmp_path / "absent")


def test_gelu_agrees_with_published_values() -> None:
    # x * Phi(x) with Phi from a normal table.
    values = gelu(np.array([0.0, 1.0, -1.0, 2.0], np.float32))
    assert values == pytest.approx([0, 0.841345, -0.158655, 1.9545], abs=2e-5)


def test_a_safetensors_offset_beyond_the_file_is_refused() -> None:
    header = json.dumps({"a": {"dtype": "F32", "shape": [2], "data_offsets": [0, 8]}}).encode()
    with pytest.raises(ValueError, match="cut short"):
        read_safetensors(len(header).to_bytes(8, "little") + header + b"\0" * 4)
