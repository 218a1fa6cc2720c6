"""Write docs/reference/commands.md from the commands' own help, by ``make docs``.

python -m tools.reference         # write
python -m tools.reference check   # write nothing; fail when the page is out of date
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

import click

from parc.__main__ import parc

ROOT = Path(__file__).resolve().parent.parent
PAGE = ROOT / "docs" / "reference" / "commands.md"
_WIDTH = 88
_HEAD = """\
# Commands

Everything that a page or a job does can be done by a command. Exit codes: 0 done, 1 failed, 2 wrong
use. Commands print text for people; `--json`, where it is offered, is for programs.

<!-- Written by `make docs` from the commands themselves. -->
"""


def walk(
    command: click.Command, name: str, parent: click.Context | None = None
) -> Iterator[tuple[str, click.Context]]:
    """Give a command and all below it, with the context that knows its full name."""
    context = click.Context(
        command, parent=parent, info_name=name, terminal_width=_WIDTH, max_content_width=_WIDTH
    )
    yield context.command_path, context
    if isinstance(command, click.Group):
        for below in command.list_commands(context):
            found = command.get_command(context, below)
            if found is not None and not found.hidden:
                yield from walk(found, below, context)


def page() -> str:
    """Give the whole page."""
    parts = [_HEAD]
    for path, context in walk(parc, "parc"):
        help_text = context.command.get_help(context).rstrip()
        lines = "\n".join(line.rstrip() for line in help_text.splitlines())
        parts.append(f"## {path}\n\n```\n{lines}\n```\n")
    return "\n".join(parts)


def main(arguments: list[str]) -> int:
    """Write or check the page; 1 when it is out of date."""
    if arguments != ["check"]:
        PAGE.parent.mkdir(parents=True, exist_ok=True)
        PAGE.write_text(page(), encoding="utf-8")
        return 0
    if PAGE.exists() and PAGE.read_text(encoding="utf-8") == page():
        sys.stdout.write("The reference of commands is up to date.\n")
        return 0
    sys.stderr.write(f"{PAGE.relative_to(ROOT)} is out of date: run 'make docs'\n")
    return 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
