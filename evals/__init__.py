"""Recorded runs as material: replay, fork, compare, and suites with scorers, planted defects and baselines.

Stands beside the service: it may import everything, and nothing imports it. `onbrand evals` is its command line.
"""
