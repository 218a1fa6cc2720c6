"""What an import would do or has done, as JSON for its page: counts, and lines within bounds."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any, Final

from parc.importers.entries import Overview
from parc.importers.header import LeftOut
from parc.importers.plan import LineAction, PlannedLine, Summary
from parc.importers.values import CellProblem

_MOST: Final[Mapping[LineAction, int]] = {
    LineAction.NEW: 50,
    LineAction.CHANGED: 200,
    LineAction.REFUSED: 20_000,
    LineAction.UNCHANGED: 0,
    LineAction.LEFT: 0,
}
_MOST_SKIPPED: Final = 200
_MOST_BESIDE: Final = 500


@dataclass(slots=True)
class Report:
    """Collects lines; ``to_json`` gives what is kept."""

    overview: Overview
    summary: Summary = field(default_factory=Summary)
    _lines: dict[LineAction, list[dict[str, Any]]] = field(default_factory=dict)

    def add(self, line: PlannedLine) -> None:
        """Count a line, and keep it when there is room."""
        self.summary.add(line)
        kept = self._lines.setdefault(line.action, [])
        if len(kept) < _MOST[line.action]:
            kept.append(_line(line))

    def to_json(self) -> dict[str, Any]:
        """Give the report as it is kept."""
        overview, beside = self.overview, self.summary.beside
        told = [one for one in overview.skipped if one.reason is not LeftOut.BLANK]
        return {
            "counts": {action.value: count for action, count in self.summary.counts.items()},
            "rows": self.summary.rows,
            "lines": {action.value: lines for action, lines in self._lines.items()},
            "skipped": [[one.line, one.reason.value] for one in told[:_MOST_SKIPPED]],
            "blank": len(overview.skipped) - len(told),
            "beside": [[*one, count] for one, count in list(beside.items())[:_MOST_BESIDE]],
            "notes": dict(self.summary.notes),
            "key": list(overview.key),
            "formats": {
                name: {
                    "how": (how.order or how.sign or ""),
                    "is_assumed": how.is_assumed,
                    "is_mixed": how.is_mixed,
                    "months": how.months,
                    "serials": how.serials,
                }
                for name, how in overview.formats.items()
            },
            "seats": {**asdict(overview.seats), "is_likely": overview.seats.is_likely},
        }


def refused_lines(report: Mapping[str, Any]) -> list[PlannedLine]:
    """Give the refused lines of a kept report."""
    return [
        PlannedLine(
            tuple(one["lines"]),
            LineAction.REFUSED,
            one["label"],
            problems=tuple(CellProblem(**problem) for problem in one["problems"]),
        )
        for one in report.get("lines", {}).get(LineAction.REFUSED.value, [])
    ]


def _line(line: PlannedLine) -> dict[str, Any]:
    return {
        "lines": list(line.lines[:1_000]),
        "label": line.label[:200],
        "changes": {name: [_text(a), _text(b)] for name, (a, b) in line.changes.items()},
        "problems": [asdict(one) for one in line.problems],
    }


def _text(value: Any) -> str | None:
    return None if value is None else str(getattr(value, "value", value))[:300]
