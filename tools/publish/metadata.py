"""XMP packets put into finished PNG, JPEG and WebP files without touching a pixel: only the container is rewritten.

PNG: an iTXt chunk "XML:com.adobe.xmp" before the pixels (XMP specification part 3, 1.1.5). JPEG: an APP1 segment behind
the other application segments (1.1.3). WebP: an "XMP " chunk at the end and the XMP flag in VP8X (WebP container
specification). A packet already there is replaced.
"""

from __future__ import annotations

import struct
import zlib
from collections.abc import Iterator

from domain.errors import UnusableImage

_PNG = b"\x89PNG\r\n\x1a\n"
_KEYWORD = b"XML:com.adobe.xmp"
_NAMESPACE = b"http://ns.adobe.com/xap/1.0/\x00"
_XMP_FLAG, _ALPHA_FLAG = 0x04, 0x10
_SEGMENT_LIMIT = 65533


def with_xmp(data: bytes, packet: bytes) -> bytes:
    """The same picture with the packet in it; raises UnusableImage for other containers than PNG, JPEG and WebP."""
    if data.startswith(_PNG):
        return _png(data, packet)
    if data.startswith(b"\xff\xd8"):
        return _jpeg(data, packet)
    if data[:4] == b"RIFF" and data[8:12] == b"WEBP":
        return _webp(data, packet)
    raise UnusableImage("Provenance can be written into PNG, JPEG and WebP files only.", hint="Export again.")


def read_xmp(data: bytes) -> bytes | None:
    """The packet of a PNG, JPEG or WebP file, or None when it has none."""
    if data.startswith(_PNG):
        for kind, body in _png_chunks(data):
            if kind == b"iTXt" and body.startswith(_KEYWORD + b"\x00"):
                return body[len(_KEYWORD) + 5:]
    elif data.startswith(b"\xff\xd8"):
        for marker, body in _jpeg_segments(data)[0]:
            if marker == 0xE1 and body.startswith(_NAMESPACE):
                return body[len(_NAMESPACE):]
    elif data[:4] == b"RIFF":
        return next((body for kind, body in _riff_chunks(data) if kind == b"XMP "), None)
    return None


def _png_chunks(data: bytes) -> Iterator[tuple[bytes, bytes]]:
    at = len(_PNG)
    while at + 8 <= len(data):
        length, kind = struct.unpack(">I4s", data[at:at + 8])
        yield kind, data[at + 8:at + 8 + length]
        at += 12 + length


def _png(data: bytes, packet: bytes) -> bytes:
    text = (b"iTXt", _KEYWORD + b"\x00\x00\x00\x00\x00" + packet)
    chunks = [(k, body) for k, body in _png_chunks(data) if not (k == b"iTXt" and body.startswith(_KEYWORD + b"\x00"))]
    first_pixels = next(i for i, (kind, _) in enumerate(chunks) if kind == b"IDAT")
    chunks.insert(first_pixels, text)
    return _PNG + b"".join(
        struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body)) for kind, body in chunks
    )


def _jpeg_segments(data: bytes) -> tuple[list[tuple[int, bytes]], int]:
    """The marker segments before the first that is not APPn or COM, and where the rest begins."""
    segments: list[tuple[int, bytes]] = []
    at = 2
    while data[at] == 0xFF and (0xE0 <= data[at + 1] <= 0xEF or data[at + 1] == 0xFE):
        (length,) = struct.unpack(">H", data[at + 2:at + 4])
        segments.append((data[at + 1], data[at + 4:at + 2 + length]))
        at += 2 + length
    return segments, at


def _jpeg(data: bytes, packet: bytes) -> bytes:
    body = _NAMESPACE + packet
    if len(body) > _SEGMENT_LIMIT:
        raise UnusableImage("The provenance packet is too long for a JPEG segment.", hint="Shorten the notice.")
    segments, rest = _jpeg_segments(data)
    kept = [(marker, old) for marker, old in segments if not (marker == 0xE1 and old.startswith(_NAMESPACE))]
    kept.append((0xE1, body))
    return data[:2] + b"".join(
        bytes((0xFF, marker)) + struct.pack(">H", len(old) + 2) + old for marker, old in kept
    ) + data[rest:]


def _riff_chunks(data: bytes) -> Iterator[tuple[bytes, bytes]]:
    at = 12
    while at + 8 <= len(data):
        kind, length = struct.unpack("<4sI", data[at:at + 8])
        yield kind, data[at + 8:at + 8 + length]
        at += 8 + length + length % 2


def _webp_size(chunks: list[tuple[bytes, bytes]]) -> tuple[int, int, bool]:
    """Width, height and whether there is alpha, from the first bitstream (RFC 6386 9.1, WebP lossless 3.4)."""
    kind, body = chunks[0]
    if kind == b"VP8 ":
        width, height = struct.unpack("<HH", body[6:10])
        return width & 0x3FFF, height & 0x3FFF, False
    (bits,) = struct.unpack("<I", body[1:5])
    return (bits & 0x3FFF) + 1, (bits >> 14 & 0x3FFF) + 1, bool(bits >> 28 & 1)


def _webp(data: bytes, packet: bytes) -> bytes:
    chunks = [(kind, body) for kind, body in _riff_chunks(data) if kind != b"XMP "]
    if chunks[0][0] == b"VP8X":
        head = chunks.pop(0)[1]
        head = bytes((head[0] | _XMP_FLAG,)) + head[1:]
    else:
        width, height, alpha = _webp_size(chunks)
        flags = _XMP_FLAG | (_ALPHA_FLAG if alpha else 0)
        head = struct.pack("<I", flags) + (width - 1).to_bytes(3, "little") + (height - 1).to_bytes(3, "little")
    body = b"".join(
        kind + struct.pack("<I", len(chunk)) + chunk + b"\x00" * (len(chunk) % 2)
        for kind, chunk in [(b"VP8X", head), *chunks, (b"XMP ", packet)]
    )
    return b"RIFF" + struct.pack("<I", len(body) + 4) + b"WEBP" + body
