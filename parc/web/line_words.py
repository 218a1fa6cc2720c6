"""What may be wrong with a line of a contract, in words."""

from __future__ import annotations

from collections.abc import Mapping

from flask_babel import lazy_gettext as _
from markupsafe import Markup

from parc.queries.contract_assets import LineProblem
from parc.web.cells import badge_cell

PROBLEMS: Mapping[LineProblem, str] = {
    LineProblem.WAITING: _("Serial unknown"),
    LineProblem.RETIRED: _("Asset retired"),
    LineProblem.UNSEEN: _("Unseen for 60 days"),
}
_KINDS: Mapping[LineProblem, str] = {
    LineProblem.WAITING: "warning",
    LineProblem.RETIRED: "bad",
    LineProblem.UNSEEN: "warning",
}


def problem_badge(problem: LineProblem | None) -> Markup | str:
    """Name and colour a problem; a dash for none."""
    return "—" if problem is None else badge_cell(_KINDS[problem], str(PROBLEMS[problem]))
