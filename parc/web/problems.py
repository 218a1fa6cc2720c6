"""Texts of the problems that services find in a person's input, by code.

``%(value)s`` in a text is the problem's value. A test finds every code that the services use and
fails when one has no text here.
"""

from __future__ import annotations

import logging

from flask_babel import gettext
from flask_babel import lazy_gettext as _

from parc.errors import FieldProblem

_log = logging.getLogger(__name__)

PROBLEMS = {
    "required": _("This field is needed."),
    "too_long": _("This is too long: at most %(value)s characters."),
    "unknown": _("%(value)s is not one of the choices."),
    "taken": _("%(value)s is taken already."),
    "login_shape": _("Use letters, digits, dots, hyphens, underscores or @, without spaces."),
    "password_short": _("The password is too short: at least %(value)s characters."),
    "password_long": _("The password is too long: at most %(value)s characters."),
    "password_is_login": _("The password must not be the login."),
    "password_wrong": _("This is not your present password."),
    "password_repeat": _("The two passwords differ."),
    "last_administrator": _("This is the last active administrator: appoint another one first."),
    "setup_code_wrong": _("This is not the set-up code that the server printed at its start."),
}


def tell_problem(problem: FieldProblem) -> str:
    """Say a problem in the reader's language."""
    text = PROBLEMS.get(problem.code)
    if text is None:
        _log.error("no text for the problem %s of %s", problem.code, problem.field)
        return gettext("This cannot be taken: %(value)s", value=problem.value or problem.code)
    return str(text) % {"value": problem.value}
