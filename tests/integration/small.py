"""A demo library of a few products: rendering all of them takes longer than most tests."""

from evals.homes import small_demo

__all__ = ["small_demo"]
