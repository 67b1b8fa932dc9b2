"""Shrink rendered plates for shipping: `python -m plates.pack RENDERED ../tools/imaging/plates`.

Per plate a beauty WebP, a half-size 'key' WebP (square root of what remains of a pixel when the first-hit key light
is blocked) and the JSON, with the palette measured from the picture.
"""

import argparse
import json
from pathlib import Path

import cv2
import numpy as np

from plates.retouch import retouched

BEAUTY_QUALITY, KEY_QUALITY = 92, 85  # 88 already shows faint ripples in blurred skies


def _linear(image: np.ndarray) -> np.ndarray:
    value = image.astype(np.float32) / 255
    return np.where(value <= 0.04045, value / 12.92, ((value + 0.055) / 1.055) ** 2.4).astype(np.float32)


def _halved(image: np.ndarray) -> np.ndarray:
    return cv2.resize(_linear(image), None, fx=0.5, fy=0.5, interpolation=cv2.INTER_AREA)


def palette(image: np.ndarray, count: int = 5) -> list[str]:
    """Dominant colours of a BGR picture, most frequent first: k-means in CIELAB on a thumbnail."""
    small = cv2.resize(image, (96, 64), interpolation=cv2.INTER_AREA).astype(np.float32) / 255
    points = cv2.cvtColor(small, cv2.COLOR_BGR2LAB).reshape(-1, 3)
    cv2.setRNGSeed(0)
    stop = (cv2.TERM_CRITERIA_EPS + cv2.TERM_CRITERIA_MAX_ITER, 40, 0.1)
    _, label, centres = cv2.kmeans(points, count, None, stop, 4, cv2.KMEANS_PP_CENTERS)
    order = np.argsort(-np.bincount(label.ravel(), minlength=count))
    colours = cv2.cvtColor(centres[order][None].astype(np.float32), cv2.COLOR_LAB2RGB)[0].clip(0, 1)
    return ["#" + "".join(f"{round(float(channel) * 255):02x}" for channel in colour) for colour in colours]


def pack(rendered: Path, shipped: Path, name: str) -> int:
    """One plate from `rendered` into `shipped`; returns its size in bytes."""
    beauty, ambient = (cv2.imread(str(rendered / f"{name}{suffix}.png")) for suffix in ("", ".ambient"))
    meta = json.loads((rendered / f"{name}.json").read_text())
    ratio = np.clip(_halved(ambient) / np.maximum(_halved(beauty), 1e-3), 0, 1)
    key = np.rint(np.sqrt(ratio) * 255).astype(np.uint8)
    beauty = retouched(beauty, meta["name"])
    cv2.imwrite(str(shipped / f"{name}.webp"), beauty, [cv2.IMWRITE_WEBP_QUALITY, BEAUTY_QUALITY])
    cv2.imwrite(str(shipped / f"{name}.key.webp"), key, [cv2.IMWRITE_WEBP_QUALITY, KEY_QUALITY])
    meta["palette"] = palette(beauty)
    (shipped / f"{name}.json").write_text(json.dumps(meta, indent=1) + "\n")
    return sum((shipped / f"{name}{suffix}").stat().st_size for suffix in (".webp", ".key.webp", ".json"))


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("rendered", type=Path)
    parser.add_argument("shipped", type=Path)
    parser.add_argument("--only", help="comma-separated plate ids; all that are rendered by default")
    arguments = parser.parse_args()
    names = arguments.only.split(",") if arguments.only else sorted(p.stem for p in arguments.rendered.glob("*.json"))
    arguments.shipped.mkdir(parents=True, exist_ok=True)
    total = sum(pack(arguments.rendered, arguments.shipped, name) for name in names)
    print(f"{len(names)} plates, {total / 1000:.0f} kB")


if __name__ == "__main__":
    main()
