"""Wiring only: which stage follows which, and the bounds. The work is in `agents`."""
