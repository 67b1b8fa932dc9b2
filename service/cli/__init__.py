"""The command line: Typer commands, Rich output, `--json` documents, exit codes by error."""
