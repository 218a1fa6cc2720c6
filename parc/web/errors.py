"""From errors to pages, in one place; what nobody foresaw is logged with its address."""

from __future__ import annotations

import logging
import re
from collections.abc import Mapping

from flask import Flask, render_template, request
from flask.typing import ResponseReturnValue
from flask_babel import lazy_gettext as _
from flask_wtf.csrf import CSRFError
from werkzeug.exceptions import (
    BadRequest,
    HTTPException,
    NotFound,
    SecurityError,
    UnprocessableEntity,
)

from parc.errors import (
    ConflictError,
    InvalidInputError,
    NotAllowedError,
    NotFoundError,
    SecretError,
)
from parc.extensions import RaceError
from parc.web.kept_forms import late_answer
from parc.web.problems import tell_problem

_log = logging.getLogger(__name__)
_REFUSALS = (BadRequest, NotFound, UnprocessableEntity)
_TOKEN = re.compile(r"[A-Za-z0-9_-]{24,}")

_TITLES: Mapping[int, str] = {
    400: _("The request cannot be read"),
    403: _("You may not do this"),
    404: _("There is nothing here"),
    405: _("This address does not take that request"),
    409: _("Somebody was faster"),
    413: _("What was sent is too large"),
    422: _("The input cannot be taken"),
    429: _("Too many attempts"),
    500: _("Something broke in Parc"),
    503: _("The secrets cannot be opened"),
}
_ADVICE: Mapping[int, str] = {
    400: _("Go back, load the page again and send the form once more."),
    403: _("Ask an administrator of Parc if you need it."),
    404: _("The address is wrong, or the thing has been deleted, or your role does not show it."),
    405: _("Go back and use the buttons of the page."),
    409: _("The thing has changed since you opened the page. Load it again and repeat the change."),
    413: _("Send less at once."),
    422: _("Go back and correct the fields."),
    429: _("Wait a moment, then try again."),
    503: _("The key file of Parc is missing, cannot be read or lacks a key: put it back."),
    500: _("The error has been logged. Try again; if it stays, send the log to the administrator."),
}


def init_errors(app: Flask) -> None:
    """Register one handler for each family of errors."""
    app.register_error_handler(HTTPException, _show_http)
    app.register_error_handler(CSRFError, _show_late)
    app.register_error_handler(InvalidInputError, _show_invalid)
    app.register_error_handler(NotFoundError, lambda error: _page(404, error))
    app.register_error_handler(NotAllowedError, lambda error: _page(403, error))
    app.register_error_handler(ConflictError, lambda error: _page(409, error))
    app.register_error_handler(RaceError, lambda error: _page(409, error))
    app.register_error_handler(SecretError, _show_locked)
    app.register_error_handler(Exception, _show_unforeseen)


def _show_http(error: HTTPException) -> ResponseReturnValue:
    code = error.code or 500
    if error.response is not None or code not in _TITLES:
        return error
    if isinstance(error, SecurityError):
        _log.warning("host %r is not in server.trusted_hosts", request.environ.get("HTTP_HOST"))
        return "This name is not in Parc's settings: add it to server.trusted_hosts.\n", 400
    return _page(code, error, details=_own_words(error))


def _own_words(error: HTTPException) -> list[str]:
    """Give what a view says of its refusal; what the libraries say is for programmers."""
    is_ours = type(error) in _REFUSALS and error.description != type(error).description
    return [error.description] if is_ours and error.description else []


def _show_late(error: CSRFError) -> ResponseReturnValue:
    """Keep what was typed, where the form is Parc's own; else it is a request like any bad one."""
    answer = late_answer()
    if answer is None:
        return _show_http(error)
    _log.info("%s %s: kept, %s", request.method, shown_path(), type(error).__name__)
    return answer


def _show_invalid(error: InvalidInputError) -> ResponseReturnValue:
    return _page(422, error, details=[tell_problem(problem) for problem in error.problems])


def _show_locked(error: SecretError) -> ResponseReturnValue:
    """Say what is wrong with the keys, in one line; a retry helps once the file is back."""
    _log.error("%s %s: %s", request.method, shown_path(), error)
    return _page(503, error, details=[str(error)])


def _show_unforeseen(error: Exception) -> ResponseReturnValue:
    """Log with the request, never with its body, which may hold secrets."""
    _log.error("%s %s failed", request.method, shown_path(), exc_info=error)
    return _page(500, error)


def shown_path() -> str:
    """Give the path as logs may hold it: a token in it opens something.

    An address that takes no such request has no named parts: whatever may be a token is left out.
    """
    token = (request.view_args or {}).get("token")
    path = request.path.replace(token, "…") if isinstance(token, str) and token else request.path
    return _TOKEN.sub("…", path)


def _page(
    code: int,
    error: Exception,
    details: list[str] | None = None,
) -> ResponseReturnValue:
    _log.info("%s %s: %s %s", request.method, shown_path(), code, type(error).__name__)
    page = render_template(
        "errors/error.html",
        code=code,
        title=str(_TITLES[code]),
        advice=str(_ADVICE[code]),
        details=details or [],
    )
    return page, code
