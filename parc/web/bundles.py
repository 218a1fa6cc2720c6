"""Names of the built style sheet, script and icons, from the manifest that the build writes."""

from __future__ import annotations

import json
from pathlib import Path

from flask import Flask, url_for
from markupsafe import Markup, escape

from parc.errors import StartError

_EXTENSION = "parc_bundles"


def init_bundles(app: Flask) -> None:
    """Read the manifest; without it pages come without style and script."""
    path = _manifest(app)
    names = json.loads(path.read_text(encoding="utf-8")) if path.exists() else {}
    app.extensions[_EXTENSION] = names

    def bundle_url(name: str) -> str:
        return url_for("static", filename=f"build/{names[name]}") if name in names else ""

    def icon(name: str) -> Markup:
        """Draw an icon of the sprite; it means nothing by itself, a text stands beside it."""
        return Markup('<svg class="icon" aria-hidden="true"><use href="{}#{}"/></svg>').format(
            bundle_url("icons.svg"), escape(name)
        )

    app.jinja_env.globals.update(bundle_url=bundle_url, icon=icon)


def require_bundles(app: Flask) -> None:
    """Refuse to serve pages without their style and script.

    Raises:
        StartError: says which command builds them.
    """
    if not app.extensions[_EXTENSION]:
        raise StartError(
            f"{_manifest(app)} is missing: run 'npm ci --ignore-scripts && npm run build' "
            "(or 'make setup') first."
        )


def _manifest(app: Flask) -> Path:
    return Path(app.root_path) / "static" / "build" / "manifest.json"
