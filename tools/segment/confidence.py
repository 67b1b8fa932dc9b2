"""The gate between a cutout that is carried on and one that is shown to a person first; its numbers are data."""

from __future__ import annotations

from importlib.resources import files

from pydantic import Field

from domain.documents import read_yaml
from domain.values import Model, Share


class Gate(Model):
    """Limits a cutout is held against; confidence.yaml explains each."""

    threshold: Share
    alpha_visible: Share
    alpha_on_frame: Share
    alpha_soft: Share
    backdrop_sigma: float = Field(gt=0)
    backdrop_inliers: Share
    mask_on_frame: Share
    agreement: Share
    left_over: Share
    area_min: Share
    area_max: Share
    box_contrast: float = Field(gt=0)
    box_edge_support: Share
    box_stability: Share
    box_fill: Share
    box_fit: Share


GATE = Gate.model_validate(read_yaml(files("tools.segment").joinpath("confidence.yaml").read_text("utf-8")))
THRESHOLD = GATE.threshold
