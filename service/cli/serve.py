"""`onbrand serve`: the HTTP API and the MCP server on one port."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Annotated

import typer

from mcp_servers.endpoint import is_loopback
from service.cli.options import JsonOption
from service.cli.terminal import ending_with_exit_codes, err, escaped

PORT = 8700


def serve(
    host: Annotated[str, typer.Option("--host", help="Address to listen on.")] = "127.0.0.1",
    port: Annotated[int, typer.Option("--port", min=0, max=65535, help="0 takes a free one.")] = PORT,
    local: Annotated[
        bool, typer.Option("--local", help="No sign-in: for oneself on this machine. Approving takes a terminal.")
    ] = False,
    allow_host: Annotated[
        list[str] | None, typer.Option("--allow-host", help="Host name its callers use; repeat for more.")
    ] = None,
    tls_certificate: Annotated[Path | None, typer.Option("--tls-certificate", help="PEM file; makes it https.")] = None,
    tls_key: Annotated[Path | None, typer.Option("--tls-key", help="PEM file of the certificate's key.")] = None,
    as_json: JsonOption = False,
) -> None:
    """Serve the HTTP API (/v1), MCP (/mcp) and the work on runs, until SIGTERM; a first line on stdout says where.

    Callers sign in with a key of `onbrand keys create`, or with a token of the identity provider in the settings.
    Runs that an earlier server left are finished. Logs are JSON lines on stderr.
    """
    with ending_with_exit_codes(as_json=as_json):
        from service.server import serve as serve_until_stopped
        from service.settings import load_settings
        from service.tool_server import Listening
        from tools.judges.ocr import warm_up

        settings = load_settings()
        warm_up()

        def started(url: str) -> None:
            document = {"url": url, "mcp": f"{url}/mcp", "home": str(settings.home), "pid": os.getpid()}
            print(json.dumps(document) if as_json else f"onbrand at {url} (API /v1, MCP /mcp)", flush=True)
            if not as_json:
                how = "no sign-in" if local else "sign in with a key: onbrand keys create NAME --brand B --role creator"
                err.print(escaped(f"{how}; stop it with Ctrl-C"), style="dim", highlight=False)
            if url.startswith("http:") and not is_loopback(host):
                err.print("without TLS keys can be read on the network: put a proxy with TLS before this server")

        where = Listening(host, port, tuple(allow_host or ()), tls_certificate, tls_key)
        serve_until_stopped(settings, where, started, local=local)
