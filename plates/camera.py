"""The two cameras of the set: tabletop (products up to about 0.6 m) and vehicle (cars, motorcycles, furniture)."""

import math

import bpy
from mathutils import Vector

REFERENCE_WIDTH = 1536  # focal lengths are given in pixels of a plate this wide


def camera(distance, elevation, focal_px, fstop, aim_height, lowered_horizon=0.0):
    """Camera `distance` metres before the origin and `elevation` degrees above it.

    lowered_horizon: how far the lens is shifted, as a share of the picture's height.
    """
    data = bpy.data.cameras.new("camera")
    holder = bpy.data.objects.new("camera", data)
    bpy.context.scene.collection.objects.link(holder)
    bpy.context.scene.camera = holder
    data.sensor_width, data.lens = 36.0, focal_px * 36.0 / REFERENCE_WIDTH
    data.shift_y = -lowered_horizon * 2 / 3  # plates are 3:2; Blender counts shifts in widths
    data.clip_start, data.clip_end = 0.02, 30000.0  # the default far clip (1 km) hides seas and mountains
    angle = math.radians(elevation)
    holder.location = (0.0, -distance * math.cos(angle), distance * math.sin(angle))
    holder.rotation_euler = (Vector((0.0, 0.0, aim_height)) - holder.location).to_track_quat("-Z", "Y").to_euler()
    data.dof.use_dof, data.dof.focus_distance, data.dof.aperture_fstop = True, distance, fstop


def tabletop(fstop=2.8, elevation=7.5, horizon=0.37):
    """Level camera 1 m away: verticals stay vertical; the lens is shifted to put the horizon at `horizon`."""
    camera(1.0, elevation, 3300, fstop, math.sin(math.radians(elevation)), 0.5 - horizon)


def step_back(factor):
    """Move the camera away from the product's spot: the view stays as steep, what is behind stays as soft."""
    holder = bpy.context.scene.camera
    holder.location *= factor
    lens = holder.data.dof
    lens.focus_distance, lens.aperture_fstop = lens.focus_distance * factor, lens.aperture_fstop / factor


def vehicle(fstop=1.0, elevation=8.0):
    """Camera 8 m away, 8 degrees above the ground."""
    camera(8.0, elevation, 2650, fstop, 0.95)
