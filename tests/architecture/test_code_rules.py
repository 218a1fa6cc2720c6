"""House rules that ruff and import-linter cannot say."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.architecture.sources import PACKAGES, ROOT, nodes, python_files, where

pytestmark = pytest.mark.xdist_group("sources")  # parsed once
_CODE = python_files(*PACKAGES)
_MOST_LINES = 600
_MOST_FUNCTION_LINES = 60
_VAGUE_NAMES = {"utils", "util", "helpers", "helper", "common", "base_service", "manager"}
# Where any exception of a piece of work is caught, so that the rest goes on, and is logged.
_CATCH_ALL = {
    "parc/__main__.py",
    "parc/jobs/execution.py",
    "parc/web/errors.py",
    "collectors/runner.py",
}


def test_only_transaction_commits() -> None:
    found = [
        where(path, node)
        for path in _CODE
        if path != ROOT / "parc" / "extensions.py"
        for node in _calls(path)
        if isinstance(node.func, ast.Attribute) and node.func.attr == "commit"
    ]
    assert found == []


def test_any_exception_is_caught_in_the_few_allowed_places() -> None:
    found = [
        where(path, node)
        for path in _CODE
        if str(path.relative_to(ROOT)) not in _CATCH_ALL
        for node in nodes(path)
        if isinstance(node, ast.ExceptHandler) and _is_catch_all(node)
    ]
    assert found == []


def test_no_module_has_a_vague_name() -> None:
    named = [*_CODE, *python_files("tests", "tools", "benchmarks")]
    assert [str(path) for path in named if path.stem.rstrip("s") in _stems()] == []


def test_modules_are_short() -> None:
    found = {}
    for path in [*_CODE, *python_files("tests", "tools", "benchmarks")]:
        count = len(path.read_text(encoding="utf-8").splitlines())
        if count > _MOST_LINES:
            found[where(path, 1)] = count
    assert found == {}


def test_functions_are_short() -> None:
    found = {
        f"{where(path, node)} {node.name}": size
        for path in _CODE
        for node in nodes(path)
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
        and (size := (node.end_lineno or 0) - node.lineno + 1) > _MOST_FUNCTION_LINES
    }
    assert found == {}


@pytest.mark.parametrize(
    "name",
    [
        "os.system",
        "os.popen",
        "subprocess.getoutput",
        "subprocess.getstatusoutput",
        "eval",
        "exec",
        "pickle.load",
        "pickle.loads",
        "marshal.load",
        "marshal.loads",
        "yaml.load",
        "render_template_string",
        "flask.render_template_string",
        "tarfile.extractall",
    ],
)
def test_dangerous_call_is_made_nowhere(name: str) -> None:
    found = [where(path, node) for path in _CODE for node in _calls(path) if _name(node) == name]
    assert found == []


def test_no_program_is_run_by_a_shell() -> None:
    found = [
        where(path, node)
        for path in [*_CODE, *python_files("tests", "tools", "benchmarks")]
        for node in _calls(path)
        for keyword in node.keywords
        if keyword.arg == "shell" and getattr(keyword.value, "value", True)
    ]
    assert found == []


def test_no_html_is_made_from_variables() -> None:
    """``Markup`` takes a literal only; what varies goes in by ``format``, which escapes."""
    found = [
        where(path, node)
        for path in _CODE
        for node in _calls(path)
        if (_name(node) or "").rpartition(".")[2] == "Markup"
        and not (len(node.args) == 1 and isinstance(node.args[0], ast.Constant))
    ]
    assert found == []


def test_no_file_is_sent_by_a_path_of_the_request() -> None:
    found = [
        where(path, node)
        for path in _CODE
        for node in _calls(path)
        if (_name(node) or "").rpartition(".")[2] in {"send_file", "extractall"}
        and not (node.args and isinstance(node.args[0], ast.Name) and node.args[0].id == "stream")
    ]
    assert found == []


def test_no_query_is_filtered_by_the_keys_of_a_request() -> None:
    found = [
        where(path, node)
        for path in _CODE
        for node in _calls(path)
        if isinstance(node.func, ast.Attribute)
        and node.func.attr == "filter_by"
        and any(keyword.arg is None for keyword in node.keywords)
    ]
    assert found == []


def test_no_sql_text_is_built_from_variables() -> None:
    """``text()`` takes a literal; values are bound."""
    found = [
        where(path, node)
        for path in _CODE
        for node in _calls(path)
        if _name(node) in {"sa.text", "sqlalchemy.text", "text"}
        and node.args
        and isinstance(node.args[0], ast.JoinedStr | ast.BinOp)
    ]
    assert found == []


def test_sources_name_no_path_of_a_machine() -> None:
    places = ("/wo" + "rk/", "/ro" + "ot/", "/ho" + "me/", "pyp" + "i.org/simple")
    found = [
        where(path, number)
        for path in _texts()
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1)
        if any(place in line for place in places)
    ]
    assert found == []


def _texts() -> Iterator[Path]:
    from tests.architecture.sources import tracked

    left_out = {".snmprec", ".png", ".ico", ".bin", ".bz2", ".gz", ".xz"}
    for path in tracked():
        if path.suffix not in left_out and path.name not in {"LICENSE", "package-lock.json"}:
            yield path


def _calls(path: Path) -> Iterator[ast.Call]:
    return (node for node in nodes(path) if isinstance(node, ast.Call))


def _name(node: ast.Call) -> str | None:
    if isinstance(node.func, ast.Name):
        return node.func.id
    if isinstance(node.func, ast.Attribute) and isinstance(node.func.value, ast.Name):
        return f"{node.func.value.id}.{node.func.attr}"
    return None


def _is_catch_all(handler: ast.ExceptHandler) -> bool:
    """Tell whether it ends any exception; to tidy up and raise it again is no ending."""
    last = handler.body[-1]
    if isinstance(last, ast.Raise) and last.exc is None:
        return False
    return handler.type is None or (
        isinstance(handler.type, ast.Name) and handler.type.id in {"Exception", "BaseException"}
    )


def _stems() -> set[str]:
    return {name.rstrip("s") for name in _VAGUE_NAMES}
