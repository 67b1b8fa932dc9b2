"""Imports point one way, agents see clients only, and no untyped library leaks past its adapter."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[3]
MAY_IMPORT = {
    "domain": set(),
    "tools": {"domain"},
    "memory": {"domain"},
    "mcp_servers": {"domain", "tools", "memory"},
    "agents": {"domain", "mcp_servers"},
    "graphs": {"domain", "agents"},
    "service": {"domain", "tools", "memory", "mcp_servers", "agents", "graphs"},
    "evals": {"domain", "tools", "memory", "mcp_servers", "agents", "graphs", "service"},
}
MODULES = [path for package in MAY_IMPORT for path in sorted((ROOT / package).rglob("*.py"))]
CLIENT_SIDE = ("mcp_servers.toolbox", ".contract", ".client", "mcp_servers.wire")
ONE_ADAPTER = {
    "inspect_ai": "evals/inspect/",
    "pypdf": "tools/guidelines/documents.py",
    "rapidocr": "tools/judges/ocr.py",
    "tokenizers": "tools/search/",
}


def imported(path: Path) -> set[str]:
    """Every module a file imports, at any depth of nesting."""
    names: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module and node.level == 0:
            names.add(node.module)
    return names


@pytest.mark.parametrize("path", MODULES, ids=lambda path: str(path.relative_to(ROOT)))
def test_a_module_imports_only_what_lies_before_it(path: Path) -> None:
    package = path.relative_to(ROOT).parts[0]
    ours = {name.partition(".")[0] for name in imported(path)} & set(MAY_IMPORT)
    assert ours <= MAY_IMPORT[package] | {package}


@pytest.mark.parametrize("path", sorted((ROOT / "agents").glob("*.py")), ids=lambda path: path.name)
def test_an_agent_imports_clients_and_contracts_never_a_shell(path: Path) -> None:
    used = {name for name in imported(path) if name.startswith("mcp_servers")}
    assert all(name.endswith(CLIENT_SIDE) or name in CLIENT_SIDE for name in used), used


def test_tools_and_agents_touch_neither_storage_nor_web() -> None:
    heavy = {"sqlalchemy", "fastapi", "starlette", "chromadb", "langgraph", "mcp"}
    for path in sorted((ROOT / "tools").rglob("*.py")):
        found = {name.partition(".")[0] for name in imported(path)} & heavy
        assert not found, f"{path.relative_to(ROOT)} imports {found}"


@pytest.mark.parametrize(("library", "adapter"), sorted(ONE_ADAPTER.items()))
def test_an_untyped_library_stays_behind_its_one_adapter(library: str, adapter: str) -> None:
    users = [
        str(path.relative_to(ROOT)) for path in MODULES if library in {n.partition(".")[0] for n in imported(path)}
    ]
    assert users, f"nobody imports {library}: take it out of this list"
    assert all(user.startswith(adapter) for user in users), users


def test_only_the_command_that_writes_for_inspect_imports_what_needs_it() -> None:
    users = [
        str(path.relative_to(ROOT))
        for path in MODULES
        if any(name.startswith("evals.inspect") for name in imported(path)) and "evals/inspect/" not in str(path)
    ]
    assert users == ["evals/cli/inspecting.py"]


def test_chroma_is_named_in_its_adapter_alone() -> None:
    users = [str(path.relative_to(ROOT)) for path in MODULES if "chromadb" in path.read_text(encoding="utf-8")]
    named = [user for user in users if user not in {"service/cli/terminal.py"}]       # there only to quieten its log
    assert named == ["memory/index.py"]


def test_the_error_tree_printed_in_the_module_is_the_one_in_the_code() -> None:
    from domain import errors

    document = errors.__doc__ or ""
    for kind in errors.subclasses().values():
        assert kind.__name__ in document, f"{kind.__name__} is missing from the tree at the top of domain/errors.py"
    codes = [kind.__name__ for kind in vars(errors).values() if isinstance(kind, type) and issubclass(kind, Exception)]
    assert len(codes) == len(set(codes))
