"""What a form sent, kept with its problems so that nothing typed is lost after an error."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace

from flask import abort, request
from flask_babel import gettext
from werkzeug.datastructures import MultiDict

from parc.errors import ConflictError, FieldProblem, InvalidInputError
from parc.web.problems import tell_problem

SEEN = "seen"  # the hidden field that says what a form has shown
_ALWAYS = frozenset({"csrf_token"})
_DIGEST_CHARACTERS = 32


@dataclass(frozen=True, slots=True)
class Form:
    """Values by field name, as texts, and what is wrong with them.

    Templates hand it to the macros of ``macros/form.html``, which ask ``value``, ``values_of``,
    ``is_checked`` and ``error``.
    """

    values: Mapping[str, Sequence[str]] = field(default_factory=dict)
    problems: tuple[FieldProblem, ...] = ()

    def value(self, name: str, default: str = "") -> str:
        """Give the first value of a field, or the default."""
        values = self.values.get(name)
        return values[0] if values else default

    def text(self, name: str) -> str:
        """Give the value without the space around it."""
        return self.value(name).strip()

    def values_of(self, name: str) -> Sequence[str]:
        """Give all values of a field that can be given more than once."""
        return self.values.get(name, ())

    def is_checked(self, name: str, value: str = "1") -> bool:
        """Tell whether a checkbox was ticked."""
        return value in self.values.get(name, ())

    def error(self, name: str) -> str:
        """Give what is wrong with a field in the reader's language; empty when nothing is."""
        return " ".join(tell_problem(p) for p in self.problems if p.field == name)

    def refused(self, error: InvalidInputError) -> Form:
        """Give the same values with the problems that a service found."""
        return replace(self, problems=tuple(error.problems))


def filled(**values: str | bool | int | Iterable[str] | None) -> Form:
    """Make a form that shows what is stored; True is a ticked box, None an empty field."""
    return Form({name: _texts(value) for name, value in values.items()})


def of_stored(**values: str | bool | int | Iterable[str] | None) -> Form:
    """Make a form that shows what is stored, and remembers it: see ``check_unchanged``."""
    form = filled(**values)
    return replace(form, values={**form.values, SEEN: [_digest(form)]})


def check_unchanged(sent: Form, stored: Form) -> None:
    """Let a form through that showed what is stored now, or does not say what it showed.

    Args:
        stored: as ``of_stored`` makes it.

    Raises:
        ConflictError: somebody has changed it meanwhile; to save would take that back unseen.
    """
    if sent.value(SEEN) not in ("", stored.value(SEEN)):
        raise ConflictError("it was changed since the form was shown")


def read_form(*names: str) -> Form:
    """Read the named fields of the request.

    A field that is not named is refused with 400, and so is a NUL: no person types one.
    """
    unknown = set(request.form) - set(names) - _ALWAYS
    if unknown:
        told = ", ".join(sorted(unknown))[:200]
        abort(400, description=gettext("Unknown fields: %(names)s", names=told))
    _refuse_nul(request.form)
    return Form({name: request.form.getlist(name) for name in names if name in request.form})


def refuse_nul_in_address() -> None:
    """Answer 400 to an address with a NUL, which PostgreSQL takes in no text."""
    if "\x00" in request.path:
        abort(400)
    _refuse_nul(request.args)


def _refuse_nul(values: MultiDict[str, str]) -> None:
    if any("\x00" in value for _name, value in values.items(multi=True)):
        abort(400)


def _digest(form: Form) -> str:
    plain = json.dumps({name: list(values) for name, values in sorted(form.values.items())})
    return hashlib.sha256(plain.encode()).hexdigest()[:_DIGEST_CHARACTERS]


def _texts(value: str | bool | int | Iterable[str] | None) -> list[str]:  # noqa: FBT001
    if value is None or value is False:
        return []
    if value is True:
        return ["1"]
    if isinstance(value, str | int):
        return [str(value)]
    return list(value)
