"""Plates: empty scenes path-traced once at build time. Needs its own environment (see README.md); nothing imports it at run time."""
