"""`onbrand tools`: serve one tool server to other processes."""

from __future__ import annotations

import json
import os
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from domain.errors import Misconfigured
from mcp_servers.endpoint import is_loopback
from service.cli.options import JsonOption
from service.cli.terminal import ending_with_exit_codes, err
from service.settings import Settings, load_settings

app = typer.Typer(help="Tool servers: serve one to other processes.", no_args_is_help=True)


@app.callback()
def tools() -> None:
    """Tool servers: serve one to other processes."""


class Name(StrEnum):
    """The tool servers."""

    ASSETS = "assets"
    DIFFUSION = "diffusion"
    JUDGES = "judges"
    PUBLISH = "publish"


PORTS = {Name.ASSETS: 8711, Name.DIFFUSION: 8712, Name.JUDGES: 8713, Name.PUBLISH: 8714}


@app.command("serve")
def serve(
    name: Annotated[Name, typer.Argument(help="Which tool server.", show_default=False)],
    host: Annotated[str, typer.Option("--host", help="Address to listen on.")] = "127.0.0.1",
    port: Annotated[
        int | None,
        typer.Option("--port", min=0, max=65535, help="0 takes a free one.", show_default="8711 to 8714, by name"),
    ] = None,
    token_env: Annotated[
        str | None, typer.Option("--token-env", help="Environment variable that holds the bearer token.")
    ] = None,
    token_file: Annotated[
        Path | None, typer.Option("--token-file", help="File that holds the bearer token and nothing else.")
    ] = None,
    allow_host: Annotated[
        list[str] | None, typer.Option("--allow-host", help="Host name its clients use; repeat for more.")
    ] = None,
    tls_certificate: Annotated[Path | None, typer.Option("--tls-certificate", help="PEM file; makes it https.")] = None,
    tls_key: Annotated[Path | None, typer.Option("--tls-key", help="PEM file of the certificate's key.")] = None,
    as_json: JsonOption = False,
) -> None:
    """Serve one tool server over MCP Streamable HTTP, until SIGTERM; a first line on stdout says where.

    Who calls must send the bearer token. It comes from --token-env or --token-file, else from the setting
    tools.NAME.token; it is never given on the command line. Tools hand each other digests, so the process must find
    pictures and rows where its clients do: in the same home, or on another host in the same bucket and database
    (ONBRAND_ARTIFACTS and ONBRAND_DATABASE_URL).
    """
    with ending_with_exit_codes(as_json=as_json):
        settings = load_settings()
        token = token_for(name, settings, token_env, token_file)
        from service.tool_server import Listening
        from service.tool_server import serve as serve_until_stopped

        def started(url: str) -> None:
            document = {"server": name.value, "url": url, "home": str(settings.home), "pid": os.getpid()}
            print(json.dumps(document) if as_json else f"{name.value} tool server at {url}", flush=True)
            if not as_json:
                err.print("stop it with Ctrl-C", style="dim")
            if url.startswith("http:") and not is_loopback(host):
                err.print("without TLS the token can be read on the network: put a proxy with TLS before this server")

        where = Listening(
            host, PORTS[name] if port is None else port, tuple(allow_host or ()), tls_certificate, tls_key
        )
        serve_until_stopped(name.value, settings, token, where, started)


def token_for(name: Name, settings: Settings, variable: str | None, file: Path | None) -> str:
    """The bearer token. Raises Misconfigured when there is none, saying where it was looked for, never what it is."""
    if file is not None:
        try:
            return file.read_text(encoding="utf-8").strip()
        except (OSError, UnicodeDecodeError) as error:
            raise Misconfigured(
                "the token file cannot be read", where=str(file), hint="give a file that holds the token alone"
            ) from error
    if variable is not None:
        found = os.environ.get(variable, "")
        missing = f"the environment variable {variable} is empty"
    else:
        setting = getattr(settings.tools, name.value).token
        found = setting.get_secret_value() if setting else ""
        missing = "a tool server needs a token, and none is set"
    if not found:
        raise Misconfigured(
            missing,
            where=f"onbrand tools serve {name.value}",
            hint=f"set tools.{name.value}.token, or give --token-env or --token-file",
        )
    return found


