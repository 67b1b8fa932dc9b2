"""A full BERT sentence encoder (all-MiniLM-L6-v2 and its kin) in numpy, read from the folder it is published as.

Mean pooling over the last layer, then length 1, as the sentence-transformers model card prescribes. Slower than the
static vectors by a factor of several hundred and better on paraphrases; used only where a folder is configured.
"""

from __future__ import annotations

import hashlib
import json
import math
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
from tokenizers import Tokenizer

from domain.errors import Misconfigured

Array = npt.NDArray[np.float32]

MAX_TOKENS = 256
BATCH = 32
_DTYPES = {"F32": np.float32, "F16": np.float16}
_HEADER_LIMIT = 100_000_000


class SentenceModel:
    """Implements `domain.ports.Embedder`. `folder` holds config.json, tokenizer.json and model.safetensors.

    Raises Misconfigured when a file is missing, unreadable, or describes another kind of network.
    """

    def __init__(self, folder: Path) -> None:
        try:
            config = json.loads((folder / "config.json").read_text())
            tokenizer = Tokenizer.from_file(str(folder / "tokenizer.json"))
            data = (folder / "model.safetensors").read_bytes()
            if config["model_type"] != "bert" or config.get("hidden_act") != "gelu":
                raise ValueError(f"{config['model_type']} with {config.get('hidden_act')} is no BERT encoder with gelu")
            self._weights = read_safetensors(data)
            self._layers = int(config["num_hidden_layers"])
            self._heads = int(config["num_attention_heads"])
            self._epsilon = float(config["layer_norm_eps"])
            self.dimensions = int(config["hidden_size"])
            positions = len(self._weights["embeddings.position_embeddings.weight"])
        except Exception as error:  # tokenizers raises bare Exception
            raise Misconfigured(
                f"The sentence model cannot be used: {error}.", where=str(folder),
                hint="Point the setting at a folder with config.json, tokenizer.json and model.safetensors of a BERT "
                     "sentence model, or leave it out.",
            ) from error
        tokenizer.enable_truncation(min(MAX_TOKENS, positions))
        tokenizer.enable_padding(pad_id=0, pad_token="[PAD]")
        self._tokenizer = tokenizer
        self.name = f"sentence-{hashlib.sha256(data).hexdigest()[:16]}"

    def embed(self, texts: Sequence[str]) -> Array:
        """One unit vector a text, n x dimensions."""
        out = np.zeros((len(texts), self.dimensions), np.float32)
        # Texts of like length share a batch, so that little is spent on padding.
        order = sorted(range(len(texts)), key=lambda row: len(texts[row]))
        for start in range(0, len(order), BATCH):
            rows = order[start : start + BATCH]
            encoded = self._tokenizer.encode_batch([texts[row] for row in rows])
            mask = np.array([item.attention_mask for item in encoded], np.float32)
            hidden = self._encode(np.array([item.ids for item in encoded]), mask)
            mean = (hidden * mask[..., None]).sum(1) / mask.sum(1, keepdims=True)
            out[rows] = mean / np.linalg.norm(mean, axis=1, keepdims=True)
        return out

    def knows(self, word: str) -> bool:
        """Whether a word is a token of its own, which tells a word of the language from a misspelling."""
        return self._tokenizer.token_to_id(word.lower()) is not None

    def _encode(self, ids: npt.NDArray[np.int64], mask: Array) -> Array:
        """The last hidden state, batch x tokens x dimensions (Vaswani 2017, Devlin 2019: post-norm encoder)."""
        words, tokens = "embeddings.word_embeddings.weight", ids.shape[1]
        x = self._weights[words][ids] + self._weights["embeddings.position_embeddings.weight"][:tokens]
        x = self._norm(x + self._weights["embeddings.token_type_embeddings.weight"][0], "embeddings.LayerNorm")
        bias = ((mask - 1) * 1e4)[:, None, None, :]
        for number in range(self._layers):
            layer = f"encoder.layer.{number}"
            attended = self._linear(self._attend(x, f"{layer}.attention.self", bias), f"{layer}.attention.output.dense")
            x = self._norm(x + attended, f"{layer}.attention.output.LayerNorm")
            inner = gelu(self._linear(x, f"{layer}.intermediate.dense"))
            x = self._norm(x + self._linear(inner, f"{layer}.output.dense"), f"{layer}.output.LayerNorm")
        return x

    def _attend(self, x: Array, name: str, bias: Array) -> Array:
        batch, tokens, _ = x.shape
        query, key, value = (
            self._linear(x, f"{name}.{part}").reshape(batch, tokens, self._heads, -1).transpose(0, 2, 1, 3)
            for part in ("query", "key", "value")
        )
        scores = query @ key.transpose(0, 1, 3, 2) / np.float32(math.sqrt(query.shape[-1])) + bias
        scores = np.exp(scores - scores.max(-1, keepdims=True))
        scores /= scores.sum(-1, keepdims=True)
        return np.asarray((scores @ value).transpose(0, 2, 1, 3).reshape(batch, tokens, -1), np.float32)

    def _linear(self, x: Array, name: str) -> Array:
        return np.asarray(x @ self._weights[f"{name}.weight"].T + self._weights[f"{name}.bias"], np.float32)

    def _norm(self, x: Array, name: str) -> Array:
        centred = x - x.mean(-1, keepdims=True)
        scaled = centred / np.sqrt((centred**2).mean(-1, keepdims=True) + self._epsilon)
        return np.asarray(scaled * self._weights[f"{name}.weight"] + self._weights[f"{name}.bias"], np.float32)


def gelu(x: Array) -> Array:
    """Gaussian error linear unit, x * Phi(x), with erf by Abramowitz and Stegun 7.1.26 (error below 1.5e-7)."""
    z = np.abs(x) * np.float32(math.sqrt(0.5))
    t = 1 / (1 + 0.3275911 * z)
    series = t * (0.254829592 + t * (-0.284496736 + t * (1.421413741 + t * (-1.453152027 + t * 1.061405429))))
    erf = np.sign(x) * (1 - series * np.exp(-(z**2)))
    return np.asarray(0.5 * x * (1 + erf), np.float32)


def read_safetensors(data: bytes) -> dict[str, Array]:
    """The float tensors of a safetensors file: an 8-byte length, a JSON header, then raw little-endian values.

    A leading "bert." of a name is dropped. Raises ValueError for a file that is cut short or no safetensors at all.
    """
    length = int.from_bytes(data[:8], "little")
    if not 2 <= length <= min(_HEADER_LIMIT, len(data) - 8):
        raise ValueError("model.safetensors is damaged: no header")
    header: dict[str, Any] = json.loads(data[8 : 8 + length])
    body, tensors = memoryview(data)[8 + length :], {}
    for name, entry in header.items():
        if name == "__metadata__" or entry["dtype"] not in _DTYPES:
            continue
        begin, end = entry["data_offsets"]
        if not 0 <= begin <= end <= len(body):
            raise ValueError(f"model.safetensors is cut short in {name}")
        values = np.frombuffer(body[begin:end], _DTYPES[entry["dtype"]]).reshape(entry["shape"])
        tensors[name.removeprefix("bert.")] = values.astype(np.float32)
    return tensors
