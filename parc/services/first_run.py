"""The first run: administrator, first credentials and first range, in one transaction."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime

from sqlalchemy.orm import Session

from parc.errors import FieldProblem, InvalidInputError
from parc.secret_box import SecretBox
from parc.services.actor import Actor
from parc.services.credentials import CredentialDraft, save_credential
from parc.services.range_drafts import RangeDraft
from parc.services.ranges import save_range
from parc.services.users import add_first_administrator


@dataclass(frozen=True, slots=True)
class FirstRun:
    """What the first page asks; ``credential`` and ``range`` None: begin without discovery."""

    login: str
    display_name: str
    password: str
    language: str
    credential: CredentialDraft | None = None
    range: RangeDraft | None = None


def set_up(
    session: Session,
    box: SecretBox,
    entered: FirstRun,
    now: datetime,
    *,
    allow_public: bool = False,
) -> tuple[int, int | None]:
    """Make everything or nothing; give the ids of the administrator and of the range.

    Args:
        allow_public: the setting ``discovery.allow_public_addresses``.

    Raises:
        ConflictError: there is a login already.
        InvalidInputError: the problems of all parts; the name of the range is ``range_name``.
    """
    problems: list[FieldProblem] = []
    user_id = None
    try:
        user_id = _add_administrator(session, entered, now)
    except InvalidInputError as error:
        problems += error.problems
    author = Actor(name=entered.display_name.strip(), user_id=user_id, is_system=True)
    range_id = None
    names: tuple[str, ...] = ()
    try:
        names = _add_credential(session, author, box, entered.credential, now)
    except InvalidInputError as error:
        problems += [_renamed(problem) for problem in error.problems]
    try:
        range_id = _add_range(session, author, entered.range, names, now, allow_public=allow_public)
    except InvalidInputError as error:
        problems += [_renamed(problem) for problem in error.problems]
    if user_id is None or problems:
        raise InvalidInputError(problems)
    return user_id, range_id


def _add_administrator(session: Session, entered: FirstRun, now: datetime) -> int:
    return add_first_administrator(
        session, entered.login, entered.display_name, entered.password, entered.language, now
    ).id


def _add_credential(
    session: Session, author: Actor, box: SecretBox, draft: CredentialDraft | None, now: datetime
) -> tuple[str, ...]:
    if draft is None:
        return ()
    return (save_credential(session, author, box, draft, now=now).name,)


def _add_range(
    session: Session,
    author: Actor,
    draft: RangeDraft | None,
    credentials: tuple[str, ...],
    now: datetime,
    *,
    allow_public: bool,
) -> int | None:
    if draft is None:
        return None
    draft = replace(draft, credentials=credentials)
    return save_range(session, author, draft, now=now, allow_public=allow_public).id


def _renamed(problem: FieldProblem) -> FieldProblem:
    """Tell the name of the range from the name of the person on the same page."""
    return replace(problem, field="range_name") if problem.field == "name" else problem
