"""The cover of an asset in one line: by what, until when, and whom to call about it now."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from flask_babel import gettext

from parc.extensions import db
from parc.queries.cover import Call, Cover, cover_of, history_of, whom_to_call
from parc.services.permissions import Action, may
from parc.web.access import actor
from parc.web.context import now, today
from parc.web.contract_words import minutes_text
from parc.web.formats import format_moment


@dataclass(frozen=True, slots=True)
class CoverLine:
    """What ``assets/_cover.html`` shows; ``call_text`` says whether somebody answers now."""

    covers: Sequence[Cover]
    call: Call | None
    call_text: str
    promises: str
    history: Sequence[Any]


def cover_line(asset_id: int) -> CoverLine | None:
    """Read the cover of an asset; None for who may not see contracts."""
    if not may(actor(), Action.VIEW_CONTRACT):
        return None
    session = db.session()
    covers = cover_of(session, asset_id, today())
    call = whom_to_call(covers, now())
    return CoverLine(covers, call, call_words(call), _promises(call), history_of(session, asset_id))


def call_words(call: Call | None) -> str:
    """Say whether somebody answers now, or when somebody does."""
    if call is None or not call.cover.hours.is_known:
        return ""
    if call.is_open:
        return str(gettext("answers now"))
    return (
        str(gettext("answers from %(moment)s on", moment=format_moment(call.opens_at)))
        if call.opens_at
        else ""
    )


def _promises(call: Call | None) -> str:
    if call is None:
        return ""
    pairs = (("GTI", call.cover.response_minutes), ("GTR", call.cover.restoration_minutes))
    return " · ".join(f"{name} {minutes_text(value)}" for name, value in pairs if value)
