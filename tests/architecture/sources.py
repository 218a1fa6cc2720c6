"""The files of the repository, as the rules of this folder look at them."""

from __future__ import annotations

import ast
import subprocess
from functools import cache
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
PACKAGES = ("parc", "collectors")


@cache
def tracked() -> tuple[Path, ...]:
    """Give the files under version control, or all that would be, in a copy without git."""
    listed = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT,
        capture_output=True,
        check=False,
    )
    if listed.returncode:
        folders = (*PACKAGES, "templates", "tests", "tools", "docs", "benchmarks")
        return tuple(
            path for name in folders for path in sorted((ROOT / name).rglob("*")) if path.is_file()
        )
    names = listed.stdout.decode().split("\0")
    return tuple(ROOT / name for name in names if name and (ROOT / name).is_file())


def python_files(*folders: str) -> list[Path]:
    """Give the Python modules below some folders, migrations left out."""
    return [
        path
        for path in tracked()
        if path.suffix == ".py"
        and path.relative_to(ROOT).parts[0] in folders
        and "versions" not in path.parts
    ]


@cache
def tree(path: Path) -> ast.Module:
    """Parse one module."""
    return ast.parse(path.read_text(encoding="utf-8"), str(path))


@cache
def nodes(path: Path) -> tuple[ast.AST, ...]:
    """Give all that a module consists of."""
    return tuple(ast.walk(tree(path)))


def where(path: Path, node: ast.AST | int) -> str:
    """Name a place in a file, for messages."""
    line = node if isinstance(node, int) else getattr(node, "lineno", 0)
    return f"{path.relative_to(ROOT)}:{line}"
