"""Simple solids. Metres, z up, camera looks along +y; the product stands on the origin and its ground is z = 0."""

import math

import bpy
import numpy as np


def mesh(vertices, faces, material, smooth=False, at=(0, 0, 0)):
    """An object from vertices and faces; its emission joins the light group its material names."""
    data = bpy.data.meshes.new("mesh")
    data.from_pydata(np.asarray(vertices, float).tolist(), [], [list(map(int, face)) for face in faces])
    data.polygons.foreach_set("use_smooth", [smooth] * len(data.polygons))
    return _linked(data, material, at)


def _linked(data, material, at=(0, 0, 0)):
    data.materials.append(material)
    thing = bpy.data.objects.new("mesh", data)
    bpy.context.scene.collection.objects.link(thing)
    thing.location = at
    thing.lightgroup = material.get("light_group", "lamps")
    return thing


def bevelled(thing, width):
    """Rounds the hard edges: no real edge is perfectly sharp, and the highlight on it is what tells."""
    modifier = thing.modifiers.new("bevel", "BEVEL")
    modifier.width, modifier.segments, modifier.limit_method, modifier.angle_limit = width, 3, "ANGLE", 0.8
    return thing


def box(centre, size, material, edge=0.0, turn=0.0):
    """Box with optional rounded edges, turned by `turn` degrees about z."""
    x, y, z = np.array(size) / 2
    vertices = [(sx * x, sy * y, sz * z) for sz in (-1, 1) for sy in (-1, 1) for sx in (-1, 1)]
    faces = [(0, 2, 3, 1), (4, 5, 7, 6), (0, 1, 5, 4), (1, 3, 7, 5), (3, 2, 6, 7), (2, 0, 4, 6)]
    thing = mesh(vertices, faces, material, at=centre)
    thing.rotation_euler.z = math.radians(turn)
    return bevelled(thing, edge) if edge else thing


def ground(size, material, z=0.0, y=0.0):
    """Square sheet centred at (0, y, z)."""
    half = size / 2
    corners = [(-half, y - half, z), (half, y - half, z), (half, y + half, z), (-half, y + half, z)]
    return mesh(corners, [(0, 1, 2, 3)], material)


def cylinder(base, radius, height, material, edge=0.004, sides=96):
    """Upright cylinder standing on `base`."""
    return turned(base, [(radius, 0), (radius, height)], material, edge, sides)


def turned(base, profile, material, edge=0.0, sides=96):
    """Body of revolution about z from a profile [(radius, height)], closed at both ends."""
    angle = np.linspace(0, 2 * np.pi, sides, endpoint=False)
    rings = [np.c_[np.cos(angle) * r, np.sin(angle) * r, np.full(sides, h)] for r, h in profile]
    faces = [
        (k * sides + i, k * sides + (i + 1) % sides, (k + 1) * sides + (i + 1) % sides, (k + 1) * sides + i)
        for k in range(len(profile) - 1)
        for i in range(sides)
    ]
    last = (len(profile) - 1) * sides
    faces += [list(range(sides))[::-1], list(range(last, last + sides))]
    thing = mesh(np.concatenate(rings), faces, material, True, base)
    return bevelled(thing, edge) if edge else thing


def sphere(centre, radius, material, rows=24):
    columns = 2 * rows
    around, down = np.meshgrid(np.linspace(0, 2 * np.pi, columns, endpoint=False), np.linspace(0, np.pi, rows))
    x, y, z = np.cos(around) * np.sin(down), np.sin(around) * np.sin(down), np.cos(down)
    vertices = np.c_[x.ravel(), y.ravel(), z.ravel()] * radius
    faces = [
        (j * columns + i, j * columns + (i + 1) % columns, (j + 1) * columns + (i + 1) % columns, (j + 1) * columns + i)
        for j in range(rows - 1)
        for i in range(columns)
    ]
    return mesh(vertices, faces, material, True, centre)


def arch_wall(centre, width, height, opening_width, opening_height, depth, material, segments=48):
    """Wall in the x-z plane with an arched opening that reaches the floor."""
    r = opening_width / 2
    outline = [(-width / 2, 0), (-r, 0)]
    outline += [(r * math.cos(a), opening_height - r + r * math.sin(a)) for a in np.linspace(np.pi, 0, segments)]
    outline += [(r, 0), (width / 2, 0), (width / 2, height), (-width / 2, height)]
    n = len(outline)
    faces = [list(range(n)), list(range(2 * n - 1, n - 1, -1))]
    faces += [(i, n + i, n + (i + 1) % n, (i + 1) % n) for i in range(n)]
    vertices = [(x, 0, z) for x, z in outline] + [(x, depth, z) for x, z in outline]
    return mesh(vertices, faces, material, at=centre)


def heightfield(x, y, z, material):
    """Smooth surface over a grid of points (three arrays of one shape)."""
    rows, columns = z.shape
    index = np.arange(rows * columns).reshape(rows, columns)
    quads = np.stack([index[:-1, :-1], index[:-1, 1:], index[1:, 1:], index[1:, :-1]], -1).reshape(-1, 4)
    data = bpy.data.meshes.new("heightfield")
    data.vertices.add(rows * columns)
    data.vertices.foreach_set("co", np.stack([x, y, z], -1).astype(np.float32).ravel())
    data.loops.add(quads.size)
    data.loops.foreach_set("vertex_index", quads.astype(np.int32).ravel())
    data.polygons.add(len(quads))
    data.polygons.foreach_set("loop_start", np.arange(0, quads.size, 4, dtype=np.int32))
    data.update(calc_edges=True)
    data.polygons.foreach_set("use_smooth", [True] * len(quads))
    return _linked(data, material)


def fractal(shape, cell, octaves, seed, gain=0.5, ridged=False):
    """Sum of cubic-interpolated random grids, 0..1; `cell`: samples per cell of the coarsest grid."""
    rng, total, weight = np.random.default_rng(seed), np.zeros(shape), 1.0
    for _ in range(octaves):
        grid = rng.random([max(4, int(s / cell) + 4) for s in shape])
        layer = _cubic(_cubic(grid, shape[0]).T, shape[1]).T
        total += weight * ((1 - np.abs(2 * layer - 1)) if ridged else layer)
        weight *= gain
        cell = max(1.5, cell / 2)
    return total / total.max()


def _cubic(rows, count):
    """Catmull-Rom interpolation of the rows to `count` rows."""
    t = np.linspace(1, len(rows) - 3, count)
    i = t.astype(int)
    f = (t - i)[:, None]
    a, b, c, d = (rows[i + k] for k in (-1, 0, 1, 2))
    return b + 0.5 * f * (c - a + f * (2 * a - 5 * b + 4 * c - d + f * (3 * (b - c) + d - a)))
