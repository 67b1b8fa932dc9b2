"""Entry point of `python -m evals.cli`."""

from evals.cli import app
from service.cli.terminal import quiet_libraries

quiet_libraries()
app()
