"""Path-trace the plates: `python -m plates.render OUT --only terrace,marble --size 1536x1024`.

Per scene family one beauty pass, one first-hit key pass (half size) and one white-ball probe, all split by light
group; every look of the family is then a weighted sum of the groups. Finished families are skipped.
"""

import argparse
import importlib
import json
import math
import os
import pkgutil
import tempfile
import time
from pathlib import Path

import bpy
import numpy as np
from bpy_extras.object_utils import world_to_camera_view
from mathutils import Vector

from . import recipes
from .camera import step_back
from .light import separate
from .materials import plain
from .meshes import sphere
from .scene import FAMILIES, TIME_OF_DAY, WEATHER, Family, Look

LUMINANCE = np.array((0.2126, 0.7152, 0.0722))
SEED = 0
LICENCE = "Apache-2.0, rendered by the project from its own procedural recipe"


# ---------- light groups ----------
def light_groups() -> list[str]:
    """The groups this scene uses, registered on the view layer: key lights, sky and lamps."""
    names = [thing.name for thing in bpy.data.objects if thing.type == "LIGHT"]
    names += ["sky"]
    if any(thing.lightgroup == "lamps" for thing in bpy.data.objects):
        names.append("lamps")
    layer = bpy.context.view_layer
    for name in names:
        if name not in layer.lightgroups:
            bpy.ops.scene.view_layer_add_lightgroup(name=name)
    return names


def _read(path) -> np.ndarray:
    image = bpy.data.images.load(str(path))
    values = np.empty(image.size[0] * image.size[1] * 4, np.float32)
    image.pixels.foreach_get(values)
    result = values.reshape(image.size[1], image.size[0], 4)[::-1, :, :3].copy()
    bpy.data.images.remove(image)
    return result


def trace(size, samples, groups, bounces=4, noise=0.03) -> dict[str, np.ndarray]:
    """Path trace, denoise every light group by itself (Open Image Denoise) -> linear float arrays.

    samples: the most a pixel gets; a pixel whose estimated noise falls below `noise` stops earlier.
    """
    scene, layer = bpy.context.scene, bpy.context.view_layer
    render, cycles = scene.render, scene.cycles
    render.engine, cycles.device, cycles.samples, cycles.seed = "CYCLES", "CPU", samples, SEED
    cycles.max_bounces, cycles.diffuse_bounces, cycles.glossy_bounces = bounces, min(3, bounces), min(3, bounces)
    cycles.use_adaptive_sampling, cycles.adaptive_threshold, cycles.adaptive_min_samples = True, noise, 4
    cycles.use_denoising, layer.cycles.denoising_store_passes = False, True
    cycles.sample_clamp_indirect, cycles.blur_glossy = 6.0, 1.0
    cycles.caustics_reflective = cycles.caustics_refractive = False
    render.use_persistent_data, render.resolution_percentage = True, 100
    render.resolution_x, render.resolution_y = size
    with tempfile.TemporaryDirectory() as folder:
        _denoise_to_files(groups, folder)
        render.filepath = f"{folder}/unused"
        bpy.ops.render.render(write_still=False)
        return {name: _read(next(Path(folder).glob(f"{name}_*.exr"))) for name in groups}


def _denoise_to_files(groups, folder):
    """Compositor: one denoiser and one float file per light group."""
    scene = bpy.context.scene
    scene.use_nodes = True
    tree = scene.node_tree
    tree.nodes.clear()
    layers = tree.nodes.new("CompositorNodeRLayers")
    files = tree.nodes.new("CompositorNodeOutputFile")
    files.base_path = folder
    files.format.file_format, files.format.color_depth = "OPEN_EXR", "32"
    files.file_slots.clear()

    def denoised(image, normal=None, albedo=None):
        node = tree.nodes.new("CompositorNodeDenoise")
        node.use_hdr, node.prefilter = True, "NONE"
        for socket, source in (("Image", image), ("Normal", normal), ("Albedo", albedo)):
            if source:
                tree.links.new(source, node.inputs[socket])
        return node.outputs[0]

    def scaled(image, factor, offset):
        for operation, value in (("MULTIPLY", factor), ("ADD", offset)):
            node = tree.nodes.new("CompositorNodeMixRGB")
            node.blend_type, node.inputs[2].default_value = operation, (value, value, value, 1.0)
            tree.links.new(image, node.inputs[1])
            image = node.outputs[0]
        return image

    # Out of focus the guides are noisy too: clean them once for all groups (the denoiser takes no negative colours).
    albedo = denoised(layers.outputs["Denoising Albedo"])
    normal = scaled(denoised(scaled(layers.outputs["Denoising Normal"], 0.5, 0.5)), 2.0, -1.0)
    for name in groups:
        clean = denoised(layers.outputs[f"Combined_{name}"], normal, albedo)
        files.file_slots.new(f"{name}_")
        tree.links.new(clean, files.inputs[len(files.inputs) - 1])
    output = tree.nodes.new("CompositorNodeComposite")
    tree.links.new(layers.outputs["Image"], output.inputs["Image"])


def gains(look: Look, groups) -> dict[str, np.ndarray]:
    """Linear RGB gain of every light group in one look."""
    result = {name: np.zeros(3) for name in groups}
    result["sky"] = np.array(look.sky, float)
    if "lamps" in result:
        result["lamps"] = np.broadcast_to(np.array(look.lamps, float), 3)
    if look.key:
        result[look.key.group] = np.full(3, look.key_gain)
    return result


def summed(passes, weight) -> np.ndarray:
    """Weighted sum of light groups; groups without weight cost nothing."""
    return sum(
        (passes[name] * weight[name].astype(np.float32) for name in passes if weight[name].any()),
        np.zeros_like(next(iter(passes.values()))),
    )


# ---------- exposure ----------
def white_ball(groups, scale) -> dict[str, dict[str, np.ndarray]]:
    """What a white ball where the product will stand receives, per light group: left, front, right and top."""
    scene, (width, height) = bpy.context.scene, (384, 256)
    render, radius = scene.render, scale * 0.12
    ball = sphere((0, 0, scale * 0.5), radius, plain("#e7e7e7", 1.0, **{"Specular IOR Level": 0.0}), 32)
    bpy.context.view_layer.update()
    centre, edge = (world_to_camera_view(scene, scene.camera, Vector((x, 0, scale * 0.5))) for x in (0, radius))
    in_pixels = (edge.x - centre.x) * width
    margin = (in_pixels + 3) / width
    render.use_border, render.use_crop_to_border = True, False
    render.border_min_x, render.border_max_x = centre.x - margin, centre.x + margin
    render.border_min_y, render.border_max_y = centre.y - 1.5 * margin, centre.y + 1.5 * margin
    passes = trace((width, height), 48, groups, 4)
    render.use_border = False
    bpy.data.objects.remove(ball)

    def at(image, dx, dy):
        return image[int((1 - centre.y) * height + dy * in_pixels), int(centre.x * width + dx * in_pixels)].astype(
            float
        )

    spots = {"left": (-0.75, 0), "front": (0, 0), "right": (0.75, 0), "top": (0, -0.75)}
    return {spot: {name: at(passes[name], *offset) for name in groups} for spot, offset in spots.items()}


def exposure(ball, look: Look) -> float:
    """Stops that bring the ball's lit side to a fixed grey."""
    front, left, right = (float(ball[spot] @ LUMINANCE) for spot in ("front", "left", "right"))
    return math.log2(0.66 / max(0.5 * front + 0.5 * max(left, right), 1e-6)) + look.ev


def tonemap(linear, path, ev):
    """Linear array to 8-bit PNG through a filmic view transform."""
    scene, (height, width) = bpy.context.scene, linear.shape[:2]
    image = bpy.data.images.new("plate", width, height, float_buffer=True)
    image.pixels.foreach_set(np.dstack([linear[::-1], np.ones((height, width))]).astype(np.float32).ravel())
    image.update()
    view = scene.view_settings
    view.view_transform, view.look, view.exposure = "AgX", "AgX - Medium High Contrast", ev
    output = scene.render.image_settings
    output.file_format, output.color_depth = "PNG", "8"
    image.save_render(str(path), scene=scene)
    bpy.data.images.remove(image)


# ---------- passes ----------
def only_key_lights():
    """Switch off the sky and every emitter, for the first-hit key pass."""
    bpy.context.scene.world = None
    for surface in bpy.data.materials:
        for node in surface.node_tree.nodes:
            name = {"BSDF_PRINCIPLED": "Emission Strength", "EMISSION": "Strength"}.get(node.type)
            if name:
                for link in list(node.inputs[name].links):
                    surface.node_tree.links.remove(link)
                node.inputs[name].default_value = 0.0


def view_metadata(size) -> dict:
    """Projection and camera, as the compositor needs them."""
    holder = bpy.context.scene.camera
    data, (width, height) = holder.data, size
    focal = data.lens / data.sensor_width * width
    pose = np.diag([1, -1, -1]) @ np.array(holder.matrix_world.normalized().inverted())[:3]
    projection = np.array([[focal, 0, width / 2], [0, focal, height / 2 + data.shift_y * width], [0, 0, 1]]) @ pose
    far = projection @ [0, 1e6, holder.location.z, 1.0]
    return {
        "size": list(size),
        "KP": projection.round(6).tolist(),
        "camera": [round(v, 4) for v in holder.location],
        "focal_px": round(focal, 1),
        "fstop": round(data.dof.aperture_fstop, 2),
        "horizon": round(float(far[1] / far[2]), 1),
        "view_elevation": round(math.degrees(math.asin(holder.location.z / holder.location.length)), 1),
    }


def look_metadata(scene_family: Family, look: Look) -> dict:
    """Words and light of one look."""
    key = look.key
    return {
        "id": f"{scene_family.name}-{look.light}",
        "name": scene_family.name,
        "about": f"{scene_family.about}, {look.about}",
        "family": scene_family.set or scene_family.name,
        "light": look.light,
        "time_of_day": TIME_OF_DAY[look.light],
        "season": look.season,
        "weather": look.weather or WEATHER[look.light],
        "place_tags": list(scene_family.place_tags),
        "surface": scene_family.surface,
        "mood_tags": list(look.mood),
        "scale": scene_family.scale,
        "sun": [round(float(v), 4) for v in (key.direction if key else (-0.25, -0.25, 0.9354))],
        "sun_angle": key.angle if key else 60.0,
    }


def render_family(scene_family: Family, out: Path, size, samples: int, noise: float):
    """Render every look of one family: beauty PNG, ambient PNG (what a cast shadow reveals) and JSON."""
    started = time.time()
    bpy.ops.wm.read_factory_settings(use_empty=True)
    built = scene_family.build()
    ground = built.ground
    if scene_family.distance != 1:
        step_back(scene_family.distance)
        ground = ground or {"stand": [round(edge * scene_family.distance, 3) for edge in (-0.30, -0.05, 0.30, 0.16)]}
    separate([look.key for look in built.looks if look.key])
    bpy.context.view_layer.update()
    groups = light_groups()
    camera = bpy.context.scene.camera
    ball = white_ball(groups, camera.location.length / 5)
    probed = time.time()
    beauty = trace(size, samples, groups, noise=noise)
    traced = time.time()
    only_key_lights()
    half = (size[0] // 2, size[1] // 2)
    keys = [name for name in groups if name.startswith("key")]
    first_hit = trace(half, max(6, samples // 2), keys, 0)
    view = view_metadata(size)
    recipe = f"{scene_family.build.__module__.replace('.', '/')}.py:{scene_family.build.__name__}"
    for look in built.looks:
        weight = gains(look, groups)
        lit = {spot: sum(ball[spot][name] * weight[name] for name in groups) for spot in ball}
        ev = exposure(lit, look)
        full = summed(beauty, weight)
        small = full.reshape(half[1], 2, half[0], 2, 3).mean((1, 3))
        direct = summed(first_hit, weight)  # albedo cancels, so half size keeps the texture
        ratio = np.clip(1 - direct / np.maximum(small, 1e-4), 0, 1).repeat(2, 0).repeat(2, 1)
        meta = (
            look_metadata(scene_family, look)
            | view
            | dict(
                probe={spot: value.round(4).tolist() for spot, value in lit.items()},
                ev=round(ev, 2),
                gloss=built.gloss,
                rough=built.rough,
                **ground,
                spp=samples,
                noise=noise,
                seed=SEED,
                renderer="Cycles 4.5",
                recipe=recipe,
                licence=LICENCE,
            )
        )
        tonemap(full, out / f"{meta['id']}.png", ev)
        tonemap(full * ratio, out / f"{meta['id']}.ambient.png", ev)
        (out / f"{meta['id']}.json").write_text(json.dumps(meta, indent=1) + "\n")
    print(
        f"{scene_family.name}: {size[0]}x{size[1]}, {samples} samples; build and probe {probed - started:.0f} s, "
        f"beauty {traced - probed:.0f} s, key {time.time() - traced:.0f} s",
        flush=True,
    )


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("out", type=Path)
    parser.add_argument("--only", help="comma-separated families; all by default")
    parser.add_argument("--size", default="1536x1024")
    parser.add_argument("--spp", type=int, help="samples per pixel; each family's own number by default")
    parser.add_argument("--noise", type=float, default=0.03, help="estimated noise at which a pixel is done")
    parser.add_argument("--again", action="store_true", help="render finished families again")
    arguments = parser.parse_args()
    for module in pkgutil.iter_modules(recipes.__path__):
        importlib.import_module(f"{recipes.__name__}.{module.name}")
    arguments.out.mkdir(parents=True, exist_ok=True)
    size = tuple(int(side) for side in arguments.size.split("x"))
    for name in arguments.only.split(",") if arguments.only else FAMILIES:
        finished = arguments.out / f"{name}.done"
        if finished.exists() and not arguments.again:
            continue
        render_family(FAMILIES[name], arguments.out, size, arguments.spp or FAMILIES[name].samples, arguments.noise)
        finished.write_text("")
    os._exit(0)  # Blender's own teardown can hang after many scenes


if __name__ == "__main__":
    main()
