"""Key lights, sky, lamps, and what stands between key light and scene (window bars, palm fronds).

One path trace serves several lights: every key light, the sky and the lamps are separate Cycles light groups that
`render.py` adds up with their own gains. What shades one key light (`blockers`) is excluded from the others.
"""

import math
from dataclasses import dataclass, field

import bpy
import numpy as np
from mathutils import Vector

from .foliage import LEAF, frond, scatter
from .materials import leaf, plain
from .meshes import mesh
from .nodes import Graph, linear_rgba


@dataclass
class KeyLight:
    """A sun: direction towards it, apparent size in degrees, and what shades it alone."""

    group: str
    direction: tuple[float, float, float]
    angle: float
    lamp: bpy.types.Object
    blockers: list = field(default_factory=list)


def toward_sun(azimuth, elevation):
    """Unit vector to the sun; azimuth 0 = from the left, +90 = from behind the camera, -90 = against the camera."""
    a, e = math.radians(azimuth), math.radians(elevation)
    return -math.cos(e) * math.cos(a), -math.cos(e) * math.sin(a), math.sin(e)


def key_light(azimuth, elevation, strength=4.0, colour="#fff1dc", angle=0.8) -> KeyLight:
    """A sun in its own light group."""
    group = f"key{sum(lamp.type == 'LIGHT' for lamp in bpy.data.objects)}"
    lamp = bpy.data.lights.new(group, "SUN")
    lamp.energy, lamp.color, lamp.angle = strength, linear_rgba(colour)[:3], math.radians(angle)
    holder = bpy.data.objects.new(group, lamp)
    bpy.context.scene.collection.objects.link(holder)
    direction = toward_sun(azimuth, elevation)
    holder.rotation_euler = Vector(direction).to_track_quat("Z", "Y").to_euler()
    holder.lightgroup = group
    return KeyLight(group, direction, angle, holder)


def softbox(azimuth, elevation, distance, size, strength, colour="#fff8f0") -> KeyLight:
    """A square studio light at `distance` from the product: brightness falls off across the set, as in a studio."""
    key = key_light(azimuth, elevation, strength, colour)
    area = bpy.data.lights.new(key.group, "AREA")
    area.energy, area.color, area.shape, area.size = strength, linear_rgba(colour)[:3], "SQUARE", size
    key.lamp.data = area
    key.lamp.location = Vector(key.direction) * distance
    key.angle = round(math.degrees(2 * math.atan(size / 2 / distance)), 1)
    return key


def separate(keys: list[KeyLight]):
    """Let each key light ignore the blockers that belong to the others."""
    for key in keys:
        others = [thing for other in keys if other is not key for thing in other.blockers]
        if not others:
            continue
        collection = bpy.data.collections.new(f"ignored by {key.group}")
        for thing in others:
            collection.objects.link(thing)
        for link in collection.collection_objects:
            link.light_linking.link_state = "EXCLUDE"
        key.lamp.light_linking.blocker_collection = collection


def sky(azimuth=0, elevation=40, strength=0.1, dust=1.0, tint=None, flat=None):
    """Physical sky without its disc (the key light is the disc), or a flat colour for interiors.

    tint: (colour, share).
    """
    world = bpy.data.worlds.new("sky")
    bpy.context.scene.world = world
    world.use_nodes, world.lightgroup = True, "sky"
    graph, sun = Graph(world.node_tree), toward_sun(azimuth, elevation)
    colour = (
        flat
        or graph.node(
            "TexSky",
            sky_type="NISHITA",
            sun_disc=False,
            sun_elevation=math.radians(elevation),
            sun_rotation=math.atan2(sun[0], sun[1]),
            dust_density=dust,
            altitude=50.0,
        ).outputs[0]
    )
    if tint:
        colour = graph.mix(tint[1], colour, tint[0])
    graph.node("OutputWorld", {"Surface": graph.node("Background", {"Color": colour, "Strength": strength})})


def _frame_across(key: KeyLight, centre, distance):
    """Frame of a sheet that the ray from `centre` to the sun crosses at `distance`: origin, right, up, ray."""
    ray = np.array(key.direction)
    right = np.cross((0, 0, 1), ray)
    right /= np.linalg.norm(right)
    return np.array(centre) + ray * distance, right, np.cross(ray, right), ray


def _blocker(key: KeyLight, thing):
    thing.visible_camera = thing.visible_glossy = False
    key.blockers.append(thing)


def window(key: KeyLight, distance, panes, pane, bar, centre, margin=4.0):
    """Opaque sheet with a window (columns x rows of panes) whose light falls around `centre`."""
    origin, right, up, _ = _frame_across(key, centre, distance)
    wall = plain("#202020")
    half_w, half_h = panes[0] * pane[0] / 2, panes[1] * pane[1] / 2
    strips = [(x - bar / 2, x + bar / 2, -half_h, half_h) for x in np.linspace(-half_w, half_w, panes[0] + 1)]
    strips += [(-half_w, half_w, y - bar / 2, y + bar / 2) for y in np.linspace(-half_h, half_h, panes[1] + 1)]
    strips += [
        (-margin, -half_w, -margin, margin),
        (half_w, margin, -margin, margin),
        (-half_w, half_w, half_h, margin),
        (-half_w, half_w, -margin, -half_h),
    ]
    for left, end, low, high in strips:
        corners = [origin + right * x + up * y for x, y in ((left, low), (end, low), (end, high), (left, high))]
        _blocker(key, mesh(corners, [(0, 1, 2, 3)], wall))


def blinds(key: KeyLight, distance, count, pitch, slat, centre, half_width=2.0):
    """Horizontal slats (a venetian blind or a pergola) between the key light and `centre`."""
    origin, right, up, _ = _frame_across(key, centre, distance)
    wall = plain("#202020")
    for k in range(count):
        y = (k - (count - 1) / 2) * pitch
        corners = [
            origin + right * a + up * (y + b)
            for a, b in (
                (-half_width, -slat / 2),
                (half_width, -slat / 2),
                (half_width, slat / 2),
                (-half_width, slat / 2),
            )
        ]
        _blocker(key, mesh(corners, [(0, 1, 2, 3)], wall))


def fronds(key: KeyLight, centre, distance, count=5, length=0.9, seed=0, spread=0.5):
    """Palm fronds hung between the key light and `centre`."""
    origin, right, up, ray = _frame_across(key, centre, distance)
    rng, green = np.random.default_rng(seed), leaf()
    for i in range(count):
        angle = math.radians(rng.uniform(-70, 40))
        direction = right * math.cos(angle) + up * math.sin(angle)
        base = origin + right * rng.uniform(-spread, spread) + up * (rng.uniform(0.1, 0.5) * length)
        base = base - direction * length * 0.5
        direction = direction + ray * rng.normal(0, 0.15)
        _blocker(key, frond(base, direction, length, green, 0.25, 24, 0.42, 0.009 * length, seed + i, ray))


def branches(key: KeyLight, centre, distance, count=160, spread=(0.6, 0.4), leaf_size=(0.05, 0.10), seed=0):
    """A loose screen of leaves: dappled shade around `centre`."""
    origin, right, up, ray = _frame_across(key, centre, distance)
    rng = np.random.default_rng(seed)
    clumps = rng.normal(0, 1, (max(3, count // 18), 2))
    at = clumps[rng.integers(0, len(clumps), count)] + rng.normal(0, 0.35, (count, 2))
    points = (
        origin + right * (at[:, :1] * spread[0]) + up * (at[:, 1:] * spread[1]) + ray * rng.normal(0, 0.1, (count, 1))
    )
    _blocker(key, scatter(points, False, LEAF, leaf(), seed, leaf_size, 0.8))
