"""Schemathesis reads the API's description and finds nothing that the API does otherwise."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from domain.run import RunStatus
from service.api import openapi
from service.settings import Serving
from tests.integration.api.conftest import Bench
from tests.serving import serving

ROOT = Path(__file__).resolve().parents[3]
EXAMPLES = os.environ.get("ONBRAND_SCHEMATHESIS_EXAMPLES", "4")
SECONDS = os.environ.get("ONBRAND_SCHEMATHESIS_SECONDS", "40")
CONFIG = """
[generation]
deterministic = true

[phases.coverage]
unexpected-methods = ["DELETE", "PUT"]
generate-duplicate-query-parameters = false
"""


@pytest.mark.timeout(240)
def test_schemathesis_finds_nothing(bench: Bench, tmp_path: Path) -> None:
    admin = bench.ids["admin"]
    for status in RunStatus:
        bench.studio.put_run("demo", status, admin, pictures=2)
    bench.studio.put_asset("demo", "solara-lemon-can")
    config = tmp_path / "schemathesis.toml"
    config.write_text(CONFIG, encoding="utf-8")
    unlimited = Serving(rate_per_minute=10**6, heavy_at_once=100)
    with serving(bench.app(unlimited, longest_stream=0.2)) as url:
        done = subprocess.run(
            [
                sys.executable, "-m", "schemathesis.cli", "--config-file", str(config), "run", f"{url}{openapi.URL}",
                "--header", f"Authorization: Bearer {bench.secrets['admin']}", "--phases", "coverage,fuzzing",
                "--max-examples", EXAMPLES, "--max-time", SECONDS, "--workers", "2", "--warnings", "off", "--no-color",
                "--generation-database", "none",
            ],
            env={**os.environ, "SCHEMATHESIS_HOOKS": f"{__package__}.schemathesis_hooks", "PYTHONPATH": str(ROOT)},
            cwd=tmp_path, capture_output=True, text=True, timeout=200, check=False,
        )  # fmt: skip
    assert done.returncode == 0, done.stdout[-8000:] + done.stderr[-2000:]
    tried = re.search(r"(\d+) generated", done.stdout)
    assert tried, done.stdout[-2000:]
    assert int(tried[1]) > 100, "it hardly tried anything"
