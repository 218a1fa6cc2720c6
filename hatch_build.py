"""Build hook: a wheel or source archive holds the built assets and the compiled texts.

So an installed product needs neither Node nor a compiler of catalogues.
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface

_ROOT = Path(__file__).resolve().parent


class AssetsHook(BuildHookInterface):
    """Builds what is missing before files are collected."""

    def dependencies(self) -> list[str]:
        """Ask for a Node of PyPI where assets must be built and the system has none."""
        assets = _load("assets")
        if self.target_name == "editable" or assets.MANIFEST.exists() or assets.has_node():
            return []
        lines = (_ROOT / "requirements-assets.txt").read_text(encoding="utf-8").splitlines()
        return [line for line in lines if line and not line.startswith("#")]

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Build assets that are missing and compile the texts; not for an editable install."""
        del build_data
        if version == "editable":
            return
        assets = _load("assets")
        if not assets.MANIFEST.exists():
            assets.build()
        _load("translations").compile_all()


def _load(name: str) -> Any:
    if str(_ROOT) not in sys.path:
        sys.path.insert(0, str(_ROOT))
    return __import__(f"tools.{name}", fromlist=[name])
