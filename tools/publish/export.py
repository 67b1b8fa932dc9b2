"""Final files: a finished picture at a channel's size and format. What a person approves are these pixels."""

from __future__ import annotations

import hashlib
import io
import zlib

import numpy as np
from PIL import Image as Pillow
from PIL import PngImagePlugin

from domain.errors import BadInput
from domain.ports import Image
from domain.rules import Channel
from domain.values import Box, Digest
from tools.publish.metadata import with_xmp
from tools.publish.provenance import Provenance

_SAME_ASPECT = 0.01
_LARGEST_ENLARGEMENT = 1.25
_QUALITIES = (95, 92, 90, 85, 80, 75, 70)
_PACKET_ROOM = 4096
MEDIA_TYPES = {"png": "image/png", "jpeg": "image/jpeg", "webp": "image/webp"}


def pixel_digest(image: Image) -> Digest:
    """SHA-256 over width, height and the RGB bytes: the same pixels in any lossless file have the same digest."""
    height, width = image.shape[:2]
    head = f"RGB8 {width}x{height}\n".encode()
    return hashlib.sha256(head + np.ascontiguousarray(image[..., :3]).tobytes()).hexdigest()


def decode(data: bytes) -> Image:
    """The RGB pixels of an exported file."""
    with Pillow.open(io.BytesIO(data)) as picture:
        return np.asarray(picture.convert("RGB"), dtype=np.uint8)


def media_type(data: bytes) -> str:
    """The media type of an exported file, by its content."""
    return MEDIA_TYPES["png" if data.startswith(b"\x89PNG") else "jpeg" if data.startswith(b"\xff\xd8") else "webp"]


def _window(width: int, height: int, aspect: float, keep: Box | None) -> tuple[int, int, int, int]:
    """The largest window of the aspect inside the picture, centred on `keep` as far as it goes: x, y, width, height."""
    across = min(width, round(height * aspect))
    down = min(height, round(across / aspect))
    middle_x = keep.x + keep.width / 2 if keep else width / 2
    middle_y = keep.y + keep.height / 2 if keep else height / 2
    x = round(min(max(middle_x - across / 2, 0), width - across))
    y = round(min(max(middle_y - down / 2, 0), height - down))
    return x, y, across, down


def fit(image: Image, channel: Channel, keep: Box | None = None) -> Image:
    """The picture at the channel's size.

    Untouched when it has that size; scaled by an area-true filter when only the size differs; cut to the channel's
    aspect when `keep` (the product's box in pixels) says what must stay in it. Raises BadInput when the aspect
    differs and the product does not fit the cut, or when it would have to be enlarged by more than a quarter.
    """
    height, width = image.shape[:2]
    if (width, height) == (channel.width, channel.height):
        return image
    where = f"channel {channel.id}, {channel.width}x{channel.height}"
    hint = f"Draw it for {channel.id}: --channel {channel.id}."
    aspect = channel.width / channel.height
    x, y, across, down = _window(width, height, aspect, keep)
    alike = abs(width / height - aspect) <= _SAME_ASPECT * aspect
    if not alike and (keep is None or keep.x < x or keep.y < y or keep.x + keep.width > x + across
                      or keep.y + keep.height > y + down):
        raise BadInput(
            f"A picture of {width}x{height} cannot be cut for {channel.name} without losing the product.",
            where=where, hint=hint,
        )
    if channel.width / across > _LARGEST_ENLARGEMENT:
        raise BadInput(f"A picture of {width}x{height} is too small for {channel.name}.", where=where, hint=hint)
    picture = Pillow.fromarray(np.ascontiguousarray(image[..., :3]))
    scaled = picture.resize(
        (channel.width, channel.height), Pillow.Resampling.LANCZOS, box=(x, y, x + across, y + down), reducing_gap=None
    )
    return np.asarray(scaled, dtype=np.uint8)


def _png(picture: Pillow.Image, channel: Channel) -> bytes:
    buffer = io.BytesIO()
    info = PngImagePlugin.PngInfo()
    info.add(b"sRGB", b"\x00")
    dpi = {"dpi": (channel.dpi, channel.dpi)} if channel.dpi else {}
    # Run-length matching: grain has no repeats to search for, and the file is no larger for it.
    picture.save(buffer, "PNG", pnginfo=info, compress_level=1, compress_type=zlib.Z_RLE, **dpi)
    return buffer.getvalue()


def _lossy(picture: Pillow.Image, kind: str, quality: int) -> bytes:
    buffer = io.BytesIO()
    if kind == "jpeg":
        picture.save(buffer, "JPEG", quality=quality, subsampling=0 if quality >= 90 else 2)
    else:
        picture.save(buffer, "WEBP", quality=quality, method=5)
    return buffer.getvalue()


def encode(image: Image, channel: Channel) -> bytes:
    """The picture in the best format that the channel takes: PNG without loss where it is taken and small enough,
    else the channel's first other format at the highest quality that fits. Raises BadInput when none fits.
    """
    picture = Pillow.fromarray(np.ascontiguousarray(image[..., :3]))
    room = channel.max_bytes - _PACKET_ROOM if channel.max_bytes else None
    if "png" in channel.formats:
        data = _png(picture, channel)
        if room is None or len(data) <= room:
            return data
    for kind in (kind for kind in channel.formats if kind != "png"):
        for quality in _QUALITIES:
            data = _lossy(picture, kind, quality)
            if room is None or len(data) <= room:
                return data
    raise BadInput(
        f"The picture does not fit the {channel.max_bytes:,} bytes of {channel.name} at an acceptable quality.",
        where=f"channel {channel.id}", hint="Choose a calmer background, or another channel.",
    )


def export(image: Image, channel: Channel, provenance: Provenance, keep: Box | None = None) -> bytes:
    """The final file of one picture for one channel, with its provenance inside.

    Args:
        image: finished picture, RGB.
        channel: size, formats and limit of bytes.
        provenance: what the file says about itself; only the container carries it.
        keep: the product's box in the picture, for a channel of another aspect.

    The same picture, channel and provenance give the same bytes. Raises BadInput as `fit` and `encode` do.
    """
    return with_xmp(encode(fit(image, channel, keep), channel), provenance.packet())
