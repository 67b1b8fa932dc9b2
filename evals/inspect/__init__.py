"""Inspect AI over what is ours: suites as its tasks, recorded runs as its logs. Needs the extra `evals`.

Nothing outside of this package imports Inspect, and of our commands only `onbrand evals inspect` imports this package.
"""
