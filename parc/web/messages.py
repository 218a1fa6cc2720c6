"""Messages that the next page shows: what was done, with a link and an undo."""

from __future__ import annotations

from dataclasses import asdict, dataclass

from flask import session

_KEY = "messages"
_MOST = 5


@dataclass(frozen=True, slots=True)
class Message:
    """One message; ``undo_url`` is sent by POST."""

    text: str
    kind: str = "success"
    url: str = ""
    link: str = ""
    undo_url: str = ""


def tell(
    text: str, *, kind: str = "success", url: str = "", link: str = "", undo_url: str = ""
) -> None:
    """Keep a message for the next page.

    Args:
        text: in the reader's language, one sentence.
        kind: ``success``, ``info``, ``warning`` or ``error``.
        url: page to go on to, with ``link`` as its text.
        link: text of the link.
        undo_url: address that takes the change back, by POST.
    """
    message = Message(text, kind, url, link, undo_url)
    session[_KEY] = [*session.get(_KEY, []), asdict(message)][-_MOST:]


def take_messages() -> list[Message]:
    """Give the messages that wait and forget them."""
    return [Message(**entry) for entry in session.pop(_KEY, [])]
