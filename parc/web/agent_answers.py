"""What agents are answered, in the dialect and the compression of their question."""

from __future__ import annotations

from typing import Any
from xml.sax.saxutils import escape

import msgspec
from flask import Response

from collectors.agent.messages import Dialect
from collectors.agent.packing import Packing, pack

_PLAIN = {Dialect.XML: "application/xml", Dialect.JSON: "application/json"}
_SECONDS_AN_HOUR = 3600


def answer(
    dialect: Dialect, packing: Packing, content: str | dict[str, Any], status: int = 200
) -> Response:
    """Send XML or JSON as the agent sent its own."""
    text = content.encode() if isinstance(content, str) else msgspec.json.encode(content)
    body, kind = pack(text, packing)
    return Response(body, status, content_type=kind or _PLAIN[dialect])


def prolog(packing: Packing, hours: int, *, is_wanted: bool) -> Response:
    """Ask for an inventory, or say that none is wanted now; and when to come again."""
    word = "SEND" if is_wanted else "STOP"
    text = (
        f'<?xml version="1.0" encoding="UTF-8"?><REPLY><RESPONSE>{word}</RESPONSE>'
        f"<PROLOG_FREQ>{hours}</PROLOG_FREQ></REPLY>"
    )
    return answer(Dialect.XML, packing, text)


def pending(packing: Packing) -> Response:
    """Ask an agent that knows both dialects to go on in JSON."""
    return answer(Dialect.JSON, packing, {"status": "pending"})


def contact(packing: Packing, hours: int, *, is_wanted: bool, unwanted_categories: str) -> Response:
    """Say which task is wanted, without which categories, and when to come again."""
    task = {"server": "glpi", "version": "10.0.0", "no-category": unwanted_categories}
    content: dict[str, Any] = {
        "status": "ok",
        "expiration": hours,
        "tasks": {"inventory": task},
    }
    if not is_wanted:
        content["disabled"] = ["inventory"]
    return answer(Dialect.JSON, packing, content)


def accepted(dialect: Dialect, packing: Packing, hours: int) -> Response:
    """Say that an inventory is stored."""
    if dialect is Dialect.XML:
        return answer(dialect, packing, '<?xml version="1.0" encoding="UTF-8"?><REPLY></REPLY>')
    return answer(dialect, packing, {"status": "ok", "expiration": hours})


def refusal(dialect: Dialect, packing: Packing, status: int, text: str) -> Response:
    """Say why not; agents write the text into their log."""
    if dialect is Dialect.XML:
        body = f'<?xml version="1.0" encoding="UTF-8"?><REPLY><ERROR>{escape(text)}</ERROR></REPLY>'
        response = answer(dialect, packing, body, status)
    else:
        response = answer(dialect, packing, {"status": "error", "message": text}, status)
    if status == 429:  # noqa: PLR2004 -- too many requests (RFC 6585)
        response.headers["Retry-After"] = str(_SECONDS_AN_HOUR // 60)
    return response
