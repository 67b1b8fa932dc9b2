"""Every command but `create` and `chat`: documents, tables, exit codes, and what goes wrong."""

from __future__ import annotations

import json
import os
import resource
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import jsonschema
import numpy as np
import pytest
import skimage
from PIL import Image

from domain.run import RunView
from tests.commands import ONBRAND, Result, call, environment

Command = Callable[..., Result]
HEAVY = {"langgraph", "mcp", "cv2", "sqlalchemy", "chromadb", "boto3", "rapidocr", "torch"}
FILES = 4096
"""Largest file, in bytes, of a process whose disk is as good as full."""


@pytest.fixture(scope="module")
def run(demo_home: Path) -> dict[str, Any]:
    """A small run that waits for its review."""
    made = call(
        demo_home, "create", "our lemon can on a marble counter, for Sweden", "--option", "quick", "--yes", "--json"
    )
    assert made.code == 0, made.err
    return made.document


@pytest.fixture(scope="module")
def picture(run: dict[str, Any]) -> Path:
    """The first picture of the shortlist."""
    return next(Path(run["out_dir"]).glob("1-*.png"))


def traces(home: Path) -> set[str]:
    """Runs of the demo brand that left a trace."""
    return {path.stem for path in (home / "brands" / "demo" / "traces").glob("run-*.jsonl")}


def test_naming_a_command_loads_nothing_heavy() -> None:
    code = "import sys, service.cli.app; print(*{name.partition('.')[0] for name in sys.modules})"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert not HEAVY & set(done.stdout.split())


def test_a_request_is_read_to_a_brief_in_words_and_as_a_document(demo_home: Path) -> None:
    told = call(demo_home, "brief", "two red mugs on a beach at sunset, no people")
    assert told.code == 0
    assert "2 x red mugs" in told.out
    assert "not found" not in told.out, "brief looks nothing up"
    document = call(demo_home, "brief", "two red mugs on a beach at sunset, no people", "--json").document
    assert document["products"][0]["value"]["count"] == 2


def test_a_file_of_requests_gives_a_document_a_line_and_one_bad_line_spoils_no_other(
    demo_home: Path, tmp_path: Path
) -> None:
    file = tmp_path / "requests.txt"
    file.write_text("\ufeffour can on a terrace\n???\na mug in Paris\n", encoding="utf-8")
    result = call(demo_home, "brief", "--file", str(file))
    assert result.code == 0
    first, second, third = map(json.loads, result.out.splitlines())
    assert first["products"][0]["value"]["noun"] == "can"
    assert second["error"]["code"] == "bad_input"
    assert third["request"] == "a mug in Paris"


def test_a_runs_document_follows_the_published_schema(run: dict[str, Any], demo_home: Path) -> None:
    schema = call(demo_home, "schema", "run").document
    jsonschema.Draft202012Validator.check_schema(schema)
    validator = jsonschema.Draft202012Validator(schema)
    written = json.loads((Path(run["out_dir"]) / "run.json").read_text(encoding="utf-8"))
    for document in (run, written):
        assert not list(validator.iter_errors(document))
        assert RunView.model_validate(document).candidates
    assert list(validator.iter_errors(run | {"status": "splendid"}))


def test_runs_are_listed_newest_first_and_shown_whole(run: dict[str, Any], demo_home: Path) -> None:
    listed = call(demo_home, "runs", "list", "--json")
    assert json.loads(listed.out)[0]["run_id"] == run["run_id"]
    told = call(demo_home, "runs", "show", run["run_id"])
    assert told.code == 0
    assert "Shortlist" in told.out
    assert run["shortlist"][0] in told.out


def test_a_run_that_waits_is_answered_or_cancelled_and_then_stays_as_it_is(onbrand: Command) -> None:
    asked = onbrand("create", "our red sports car on a terrace", "--ask", "--json")
    assert asked.code == 3
    run_id = asked.document["run_id"]
    for wrong, words in (("colour=red", "colour"), ("product=no such thing", "neither a product")):
        refused = onbrand("runs", "resume", run_id, "--answer", wrong)
        assert (refused.code, words in refused.err) == (2, True), refused.err
    cancelled = onbrand("runs", "cancel", run_id, "--json")
    assert (cancelled.code, cancelled.document["status"]) == (0, "cancelled")
    late = onbrand("runs", "resume", run_id, "--answer", "product=solara-lemon-can", "--json")
    assert (late.code, late.document["error"]["code"]) == (2, "bad_input")


def test_a_picture_made_here_passes_its_checks(run: dict[str, Any], picture: Path, demo_home: Path) -> None:
    result = call(
        demo_home, "check", str(picture), "--product", "solara-lemon-can", "--caption", "a lemon can on marble",
        "--market", "SE", "--json",
    )  # fmt: skip
    assert result.code == 0, result.out
    verdicts = {finding["check"]: finding["verdict"] for finding in result.document["findings"]}
    assert verdicts["product_lock"] == verdicts["duplicate_product"] == "pass"
    assert any(rule["market"] == "SE" for rule in result.document["rules_checked"])


def test_a_product_pasted_in_twice_does_not_pass(
    run: dict[str, Any], picture: Path, demo_home: Path, tmp_path: Path
) -> None:
    image = np.asarray(Image.open(picture).convert("RGB")).copy()
    chosen = next(c for c in run["candidates"] if c["id"] == run["shortlist"][0])
    box = chosen["composition"]["box"]
    can = image[box["y"] : box["y"] + box["height"], box["x"] : box["x"] + box["width"]].copy()
    left = 0 if box["x"] > image.shape[1] // 2 else image.shape[1] - can.shape[1]
    image[box["y"] : box["y"] + can.shape[0], left : left + can.shape[1]] = can
    Image.fromarray(image).save(tmp_path / "twice.png")
    result = call(demo_home, "check", str(tmp_path / "twice.png"), "--product", "solara-lemon-can", "--json")
    assert result.code == 4, result.out
    verdicts = {finding["check"]: finding["verdict"] for finding in result.document["findings"]}
    assert verdicts["duplicate_product"] != "pass"
    assert result.document["verdict"] == ("failed" if verdicts["duplicate_product"] == "fail" else "unsure")


def test_a_washed_out_photograph_fails_and_a_sound_one_passes_with_what_could_not_be_told(
    demo_home: Path, tmp_path: Path
) -> None:
    photo = skimage.data.astronaut()
    Image.fromarray(photo).save(tmp_path / "sound.png")
    Image.fromarray(np.clip(photo * 4.0 + 60, 0, 255).astype(np.uint8)).save(tmp_path / "washed.png")
    sound = call(demo_home, "check", str(tmp_path / "sound.png"))
    assert sound.code == 0, sound.out
    assert "no product was named" in sound.out
    washed = call(demo_home, "check", str(tmp_path / "washed.png"), "--json")
    assert (washed.code, washed.document["verdict"]) == (4, "failed")


def test_an_asset_is_added_once_found_by_words_and_by_picture_and_shown(onbrand: Command, tmp_path: Path) -> None:
    photo = tmp_path / "Rocket.JPG"
    Image.fromarray(skimage.data.rocket()).save(photo, "JPEG", quality=95)
    options = ("--kind", "background", "--title", "Launch pad at night", "--tag", "rocket")
    added = onbrand("assets", "add", str(photo), *options, "--json").document
    again = onbrand("assets", "add", str(photo), *options, "--json").document
    assert again["id"] == added["id"]
    by_words = onbrand("assets", "search", "rocket launch pad", "--kind", "background", "--json")
    assert json.loads(by_words.out)[0]["asset"]["id"] == added["id"]
    by_picture = onbrand("assets", "search", "--image", str(photo), "--json")
    assert json.loads(by_picture.out)[0]["asset"]["id"] == added["id"]
    shown = onbrand("assets", "show", added["id"])
    assert "Launch pad at night" in shown.out


def test_the_doctor_finds_everything_in_place(demo_home: Path) -> None:
    result = call(demo_home, "doctor", "--json")
    assert result.code == 0, result.out
    settings = {row["name"]: row for row in result.document["settings"]}
    assert settings["home"]["source"] == "ONBRAND_HOME"
    assert settings["grid"]["source"] == "default"


@pytest.mark.parametrize(
    ("toml", "words"), [("grid = 400\n", "grid"), ("grrid = 4\n", "grrid"), ("grid = = 4\n", "onbrand.toml")]
)
def test_the_doctor_names_a_setting_that_is_wrong(tmp_path: Path, toml: str, words: str) -> None:
    home = tmp_path / "home"
    home.mkdir()
    (home / "onbrand.toml").write_text(toml, encoding="utf-8")
    told = call(home, "doctor", "--json")
    assert told.code == 1
    settings = told.document["checks"][0]
    assert not settings["ok"]
    assert words in settings["says"]
    assert "Traceback" not in told.err


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["brief"], "--file"),
        (["brief", "--file", "absent.txt"], "absent.txt"),
        (["assets", "search"], "--image"),
        (["assets", "add", "absent.png"], "absent.png"),
        (["assets", "list", "--brand", "../demo"], "brand"),
        (["check", "absent.png"], "absent.png"),
        (["runs", "cancel", "run-000000000000"], "run"),
        (["create", "our can", "--out", "/dev/null/pictures"], "--out"),
    ],
)
def test_bad_input_says_what_is_wrong_with_exit_code_2(demo_home: Path, arguments: list[str], words: str) -> None:
    told = call(demo_home, *arguments)
    assert told.code == 2, told.err
    assert words in told.err
    assert "Traceback" not in told.err
    assert not told.out


@pytest.mark.parametrize(
    "arguments",
    [
        ["brief"],
        ["assets", "show", "nothing"],
        ["runs", "show", "run-000000000000"],
        ["create"],
        ["create", "our can", "--seed", "abc"],
        ["no-such-command"],
    ],
)
def test_an_error_is_one_document_with_what_where_and_what_next(demo_home: Path, arguments: list[str]) -> None:
    result = call(demo_home, *arguments, "--json")
    assert result.code == 2
    assert set(result.document["error"]) == {"code", "message", "where", "hint"}


def test_a_file_that_is_no_picture_is_refused_and_nothing_is_kept_of_it(home: Path, tmp_path: Path) -> None:
    (tmp_path / "words.png").write_text("not a picture", encoding="utf-8")
    before = call(home, "assets", "list", "--json").out
    for command in (("assets", "add"), ("check",)):
        result = call(home, *command, str(tmp_path / "words.png"), "--json")
        assert (result.code, result.document["error"]["code"]) == (2, "unusable_image")
    assert call(home, "assets", "list", "--json").out == before


def test_a_home_that_cannot_be_made_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way", encoding="utf-8")
    result = call(tmp_path / "file" / "home", "runs", "list", "--json", cwd=tmp_path)
    assert (result.code, result.document["error"]["code"]) == (1, "storage_failed")
    assert "ONBRAND_HOME" in result.document["error"]["hint"]


def test_a_full_disk_is_told_and_leaves_nothing_half_written(home: Path, tmp_path: Path) -> None:
    Image.fromarray(skimage.data.astronaut()).save(tmp_path / "photo.png")
    before = call(home, "assets", "list", "--json").out
    done = subprocess.run(
        [*ONBRAND, "assets", "add", str(tmp_path / "photo.png"), "--json"],
        env=environment(home) | {"PYTHONDONTWRITEBYTECODE": "1"},
        cwd=tmp_path,
        capture_output=True,
        text=True,
        stdin=subprocess.DEVNULL,
        timeout=120,
        check=False,
        preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (FILES, FILES)),
    )
    assert done.returncode == 1, done.stderr
    assert json.loads(done.stdout)["error"]["code"] == "storage_failed"
    assert call(home, "assets", "list", "--json").out == before


def test_ctrl_c_stops_a_script_with_130_and_the_run_goes_on_later(home: Path) -> None:
    before = traces(home)
    process = subprocess.Popen(
        [*ONBRAND, "create", "our lemon can on a beach, for Sweden", "--option", "quick", "--yes"],
        env=environment(home),
        cwd=home.parent,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    deadline = time.monotonic() + 90
    while time.monotonic() < deadline and traces(home) == before:
        time.sleep(0.05)
    os.kill(process.pid, signal.SIGINT)
    _, told = process.communicate(timeout=90)
    assert process.returncode == 130, told
    assert "runs resume" in told
    assert "Traceback" not in told
    (run_id,) = traces(home) - before
    assert call(home, "runs", "resume", run_id, "--json").document["status"] == "review"
