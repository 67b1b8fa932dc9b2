"""Plates: empty scenes path-traced once, at build time, in an environment of their own (see README.md)."""
