"""Brand colours."""

from __future__ import annotations

import cv2
import numpy as np

from domain.candidate import Change, EditTarget, Finding
from tools.judges.book import Check
from tools.judges.colour import ciede2000, lab, lab_of_hex
from tools.judges.evidence import Views

CLUSTERS = 6
SIDE = 96


def palette(views: Views, check: Check) -> Finding:
    """How much of the picture is near a brand colour, and how much is a strong colour foreign to the brand.

    Six k-means clusters in CIELAB of the picture at 96 px; a cluster is on brand within `near` CIEDE2000 of a brand
    colour and a foreign accent beyond `foreign` with chroma over `accent`. Neutral clusters are neither. `value` is the
    on-brand share.
    """
    colours = tuple(c.lower() for c in views.evidence.palette)
    if not colours:
        return check.abstained("no brand colours are given")
    small = np.asarray(cv2.resize(views.half, (SIDE, SIDE), interpolation=cv2.INTER_AREA), np.uint8)
    points = lab(small).reshape(-1, 3)
    cv2.setRNGSeed(0)
    empty = np.zeros((len(points), 1), np.int32)
    criteria = (cv2.TERM_CRITERIA_EPS + cv2.TERM_CRITERIA_MAX_ITER, 12, 0.5)
    _, labels, centres = cv2.kmeans(points, CLUSTERS, empty, criteria, 1, cv2.KMEANS_PP_CENTERS)
    share = np.bincount(labels.ravel(), minlength=CLUSTERS) / len(points)
    middles = np.asarray(centres, np.float32)
    distance = ciede2000(middles[:, None], lab_of_hex(colours)[None]).min(1)
    chroma = np.hypot(middles[:, 1], middles[:, 2])
    on_brand = float(share[distance < check.limit("near")].sum())
    foreign = float(share[(distance > check.limit("foreign")) & (chroma > check.limit("accent"))].sum())
    facts = {"foreign": foreign, "mean_delta_e": float((share * distance).sum())}
    fixes = (
        Change(target=EditTarget.BACKGROUND, field="scene", why="a scene nearer to the brand's colours"),
        Change(
            target=EditTarget.GENERATOR, field="saturation", amount=0.75, relative=True,
            why="quieter colours around the product",
        ),
    )
    if foreign > check.limit("foreign_share"):
        return check.failed(
            f"{foreign:.0%} of the picture is a strong colour foreign to the brand", value=on_brand, evidence=facts,
            fixes=fixes,
        )
    if on_brand < check.limit("share"):
        return check.failed(
            f"only {on_brand:.0%} of the picture is near a brand colour", value=on_brand, evidence=facts, fixes=fixes
        )
    return check.passed(f"{on_brand:.0%} of the picture is near a brand colour", value=on_brand, evidence=facts)
