"""Whether a product and a scene go together: seen from the same height, of fitting size, lit alike."""

from __future__ import annotations

from math import cos, hypot, radians

from domain.composition import ProductGeometry, Scene, SceneKind
from domain.values import Light
from tools.imaging.scenes import view_of
from tools.imaging.stage import View

ELEVATION_TOLERANCE = 6.0
"""Degrees by which the views down on product and scene may differ."""

LEAST, MOST = 0.30, 0.65
"""Share of the canvas's height a single product should take."""

LEAST_TRUE, MOST_TRUE = 0.8, 1.25
"""Drawn size over real size that still reads as true."""

_SHARPEST_CROP = 3.0
_HARD_LIGHT = 1.9
_SIDE = 0.30
_EVEN = 0.15
_GRAZING = 0.30


def mismatch(product: ProductGeometry, scene: Scene) -> str | None:
    """Why product and scene must not be combined, as a sentence; None when they go together.

    Opposite side light is no mismatch where the scene may be mirrored: `needs_mirror` tells when to.
    """
    flat_lay = scene.kind is SceneKind.FLAT_LAY
    if flat_lay != (product.shape == "top"):
        return (
            f"{scene.title}: the scene is seen from above, the product from the side"
            if flat_lay
            else f"{scene.title}: the product is seen from above, the scene is not"
        )
    if not flat_lay and abs(product.view_elevation - scene.view_elevation) > ELEVATION_TOLERANCE:
        return (
            f"{scene.title}: its camera looks down {scene.view_elevation:.0f} degrees, the product's photo "
            f"{product.view_elevation:.0f}"
        )
    view = view_of(scene)
    return _size(product, scene, view) or _light(product, scene, view)


def needs_mirror(product: ProductGeometry, scene: Scene) -> bool:
    """Whether the scene has to be mirrored for its light to come from the product's side.

    A weakly sided scene is mirrored for anything but a side-on product, whose shadow may thin in mirrored light.
    """
    opposite = product.light_side * scene.light_side < 0 and abs(product.light_side) > _EVEN
    sided = _EVEN if product.shape == "flat" else _EVEN / 2
    return scene.mirrorable and opposite and abs(scene.light_side) > sided


def may_mirror(product: ProductGeometry, scene: Scene) -> bool:
    """Whether the scene may be mirrored freely, for variety: the product's own light takes no side.

    Never for side-on products: the line they stand on may run with the mirrored light, which thins their shadow.
    """
    return scene.mirrorable and abs(product.light_side) <= _EVEN and product.shape != "flat"


def share_range(height: float, view: View) -> tuple[float, float]:
    """Smallest and largest share of the picture's height a product of `height` metres takes in a scene at true scale.

    Smallest with the whole scene in the picture and the product at the far end of its ground, largest in the closest
    crop that still holds up.
    """
    _, near, _, far = view.stand
    tall = height * (1.0 if view.from_above else cos(radians(view.camera.elevation(0.0, 0.0))))
    least = tall * view.camera.pixels_per_metre(0.0, far) / view.size[1]
    return least, tall * view.camera.pixels_per_metre(0.0, near) / view.size[1] * _SHARPEST_CROP


def _size(product: ProductGeometry, scene: Scene, view: View) -> str | None:
    if product.real_height is None or view.from_above:
        return None
    least, most = share_range(product.real_height, view)
    size = f"{product.real_height * 100:.0f} cm" if product.real_height < 1 else f"{product.real_height:.1f} m"
    if least * LEAST_TRUE > MOST:
        return f"{scene.title}: a product of {size} is too tall for this scene's camera"
    if most * MOST_TRUE < LEAST:
        return f"{scene.title}: a product of {size} would be lost in this scene"
    return None


def _light(product: ProductGeometry, scene: Scene, view: View) -> str | None:
    if scene.light is Light.NIGHT and product.light_ratio > _HARD_LIGHT:
        return f"{scene.title}: the product is photographed in hard bright light, the scene is night"
    opposite = product.light_side * scene.light_side < 0
    if opposite and not scene.mirrorable and min(abs(product.light_side), abs(scene.light_side)) > _SIDE:
        return f"{scene.title}: the scene is lit from the other side and cannot be mirrored"
    if product.shape == "flat" and not view.from_above:
        length = hypot(view.sun[0], view.sun[1])
        if length > 0.2 and abs(view.sun[1]) / length < _GRAZING:
            return f"{scene.title}: its light runs along the product, which would thin the shadow to a line"
    return None
