"""One page with every macro, to look at and to test."""

from __future__ import annotations

from datetime import timedelta

from flask import Blueprint, render_template
from flask.typing import ResponseReturnValue

from parc.errors import FieldProblem, InvalidInputError
from parc.models import LifecycleState, RunState
from parc.services.permissions import Action
from parc.web.access import requires
from parc.web.context import now
from parc.web.forms import filled
from parc.web.labels import choices

patterns = Blueprint("patterns", __name__)


@patterns.get("/patterns")
@requires(Action.MANAGE_USER)
def show() -> ResponseReturnValue:
    """Show every macro with made-up content."""
    form = filled(name="sw-paris-01", notes="", state=LifecycleState.IN_USE.value, tick=True)
    problems = InvalidInputError([FieldProblem("serial", "required")])
    return render_template(
        "patterns/show.html",
        form=form.refused(problems),
        states=choices(LifecycleState),
        lifecycle=list(LifecycleState),
        run_states=list(RunState),
        figures={"number": 12345.6, "octets": 123_456_789, "seconds": 185.0, "ports": 48},
        moment=now() - timedelta(hours=3),
    )
