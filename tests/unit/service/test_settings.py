"""Where a setting comes from: argument, environment, TOML file, default, in that order."""

from __future__ import annotations

from pathlib import Path

import pytest

from domain.errors import Misconfigured
from service.settings import FILE_NAME, load_settings


@pytest.fixture
def file(own_home: Path) -> Path:
    """The settings file of this test's home."""
    own_home.mkdir(exist_ok=True)
    return own_home / FILE_NAME


def test_with_nothing_set_the_defaults_hold() -> None:
    settings = load_settings()
    assert (settings.grid, settings.parallel, settings.database_url) == (9, 2, None)
def test_each_source_wins_over_the_next(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file.write_text("grid = 3\nparallel = 4\n", encoding="utf-8")
    assert (load_settings().grid, load_settings().parallel) == (3, 4)
    monkeypatch.setenv("ONBRAND_GRID", "5")
    assert (load_settings().grid, load_settings().parallel) == (5, 4)
    assert load_settings(grid=6).grid == 6


def test_the_home_is_found_under_the_persons_own_folder(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("ONBRAND_HOME", "~/state")
    (tmp_path / "state").mkdir()
    (tmp_path / "state" / FILE_NAME).write_text("grid = 4\n", encoding="utf-8")
    settings = load_settings()
    assert settings.home == tmp_path / "state"
    assert settings.grid == 4


@pytest.mark.parametrize(
    ("toml", "named"),
    [("grid = 400", "grid"), ('parallel = "many"', "parallel"), ("grrid = 4", "grrid"), ("grid = = 4", FILE_NAME)],
)
def test_a_wrong_setting_is_named(file: Path, toml: str, named: str) -> None:
    file.write_text(toml + "\n", encoding="utf-8")
    with pytest.raises(Misconfigured, match=named) as caught:
        load_settings()
    assert caught.value.hint


def test_a_wrong_environment_variable_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ONBRAND_PARALLEL", "0")
    with pytest.raises(Misconfigured) as caught:
        load_settings()
    assert "ONBRAND_PARALLEL" in caught.value.where


TOKEN = "a-token-that-nobody-guesses"


def test_a_tool_server_elsewhere_is_named_in_the_file_and_its_token_in_the_environment(
    file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file.write_text(f'[tools.judges]\nurl = "https://judges.example/mcp"\ntoken = "{TOKEN}"\n', encoding="utf-8")
    monkeypatch.setenv("ONBRAND_TOOLS__PUBLISH__URL", "http://127.0.0.1:8714/mcp")
    monkeypatch.setenv("ONBRAND_TOOLS__PUBLISH__TOKEN", TOKEN)
    monkeypatch.setenv("ONBRAND_TOOLS__JUDGES__TIMEOUT_S", "12.5")
    elsewhere = load_settings().tools.elsewhere()
    assert sorted(elsewhere) == ["judges", "publish"]
    assert (elsewhere["judges"].url, elsewhere["judges"].timeout_s) == ("https://judges.example/mcp", 12.5)
    assert elsewhere["publish"].token == TOKEN
    assert TOKEN not in repr(load_settings()) + repr(elsewhere)
def test_with_nothing_set_every_tool_server_is_in_this_process() -> None:
    assert load_settings().tools.elsewhere() == {}


@pytest.mark.parametrize(
    "url",
    [
        "http://judges.example/mcp",
        "http://10.0.0.4/mcp",
        "http://127.0.0.1.example/mcp",
        "ftp://127.0.0.1/mcp",
        "judges.example",
        "https://user:secret-of-a-person@judges.example/mcp",
        "https://judges.example/mcp?token=secret-of-a-person",
    ],
)
def test_a_url_that_would_give_the_token_away_is_refused(monkeypatch: pytest.MonkeyPatch, url: str) -> None:
    monkeypatch.setenv("ONBRAND_TOOLS__JUDGES__URL", url)
    monkeypatch.setenv("ONBRAND_TOOLS__JUDGES__TOKEN", TOKEN)
    with pytest.raises(Misconfigured) as caught:
        load_settings()
    assert caught.value.where.startswith("ONBRAND_TOOLS__JUDGES")
    assert TOKEN not in str(caught.value.document())
    assert "secret-of-a-person" not in str(caught.value.document())


@pytest.mark.parametrize("url", ["http://localhost:1/mcp", "http://127.9.9.9:1/mcp", "http://[::1]:1/mcp"])
def test_this_machine_may_be_reached_without_tls(monkeypatch: pytest.MonkeyPatch, url: str) -> None:
    monkeypatch.setenv("ONBRAND_TOOLS__JUDGES__URL", url)
    monkeypatch.setenv("ONBRAND_TOOLS__JUDGES__TOKEN", TOKEN)
    assert load_settings().tools.elsewhere()["judges"].url == url


@pytest.mark.parametrize("token", [None, "short", "with a space in it, long"])
def test_a_url_needs_a_token_that_can_be_one(monkeypatch: pytest.MonkeyPatch, token: str | None) -> None:
    monkeypatch.setenv("ONBRAND_TOOLS__JUDGES__URL", "http://127.0.0.1:8713/mcp")
    if token is not None:
        monkeypatch.setenv("ONBRAND_TOOLS__JUDGES__TOKEN", token)
    with pytest.raises(Misconfigured, match="token") as caught:
        load_settings()
    assert token is None or token not in str(caught.value.document())
def test_signing_in_and_serving_are_set_like_everything_else(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file.write_text(
        '[auth.jwt]\nissuer = "https://issuer.example"\naudience = "onbrand"\njwks_url = "https://issuer.example/keys"\n'
        '[serve]\npublic_url = "https://onbrand.example/"\n',
        encoding="utf-8",
    )
    monkeypatch.setenv("ONBRAND_SERVE__ALLOWED_ORIGINS", '["https://studio.example"]')
    monkeypatch.setenv("ONBRAND_SERVE__METRICS_TOKEN", TOKEN)
    settings = load_settings()
    assert settings.auth.jwt is not None
    assert settings.auth.jwt.algorithms == ("RS256", "ES256", "EdDSA")
    assert settings.serve.public_url == "https://onbrand.example"
    assert settings.serve.allowed_origins == ("https://studio.example",)
    assert TOKEN not in repr(settings)


def test_pictures_and_publications_go_to_buckets_or_folders(monkeypatch: pytest.MonkeyPatch) -> None:
    assert (load_settings().artifacts, load_settings().destination) == (None, None)
    monkeypatch.setenv("ONBRAND_ARTIFACTS", "s3://pictures/onbrand/")
    monkeypatch.setenv("ONBRAND_DESTINATION", "s3://published")
    assert (load_settings().artifacts, load_settings().destination) == ("s3://pictures/onbrand", "s3://published")
    monkeypatch.setenv("ONBRAND_DESTINATION", "published/here")
    assert load_settings().destination == Path("published/here")


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("SERVE__PUBLIC_URL", "https://onbrand.example/studio"),
        ("SERVE__PUBLIC_URL", "onbrand.example"),
        ("SERVE__PUBLIC_URL", "https://user:pass@onbrand.example"),
        ("SERVE__ALLOWED_ORIGINS", '["https://studio.example/page"]'),
        ("SERVE__ALLOWED_ORIGINS", '["*"]'),
        ("SERVE__MAX_UPLOAD_MB", "65"),
        ("SERVE__RATE_PER_MINUTE", "0"),
        ("SERVE__METRICS_TOKEN", "short"),
        ("AUTH__JWT__ISSUER", "https://issuer.example"),
    ],
)
def test_what_would_open_the_server_too_far_is_refused(monkeypatch: pytest.MonkeyPatch, name: str, value: str) -> None:
    monkeypatch.setenv(f"ONBRAND_{name}", value)
    with pytest.raises(Misconfigured):
        load_settings()


@pytest.mark.parametrize(
    "url",
    [
        "collector:4317",
        "grpc://collector:4317",
        "http://",
        "http://ada:hunter2@collector:4318",
        "http://c:4318/?key=hunter2",
    ],
)
def test_a_collectors_url_is_an_address_without_secrets(monkeypatch: pytest.MonkeyPatch, url: str) -> None:
    monkeypatch.setenv("ONBRAND_TELEMETRY__ENDPOINT", url)
    with pytest.raises(Misconfigured) as caught:
        load_settings()
    assert caught.value.where.startswith("ONBRAND_TELEMETRY__ENDPOINT")
    assert "hunter2" not in str(caught.value.document())


def test_without_a_collectors_url_no_spans_are_sent() -> None:
    assert load_settings().telemetry.endpoint is None


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("ARTIFACTS", "pictures"), ("ARTIFACTS", "s3://"), ("ARTIFACTS", "s3://pictures/../other"),
        ("DESTINATION", "s3://Pictures"), ("DESTINATION", "s3://pictures/a//b"),
        ("ARTIFACTS_ENDPOINT", "http://objects.example"), ("ARTIFACTS_ENDPOINT", "https://user:word@objects.example"),
        ("ARTIFACTS_ENDPOINT", "objects.example"),
    ],
)
def test_an_address_that_will_not_do_is_refused_by_name(
    monkeypatch: pytest.MonkeyPatch, name: str, value: str
) -> None:
    monkeypatch.setenv(f"ONBRAND_{name}", value)
    with pytest.raises(Misconfigured) as caught:
        load_settings()
    assert name in caught.value.where
