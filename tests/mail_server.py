"""A real SMTP server on loopback, in a thread; it can refuse, and it can be held up."""

from __future__ import annotations

import asyncio
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from email import message_from_bytes, policy
from email.message import EmailMessage
from typing import Any

from aiosmtpd.controller import Controller


@dataclass
class Mailbox:
    """What the server has taken; ``answers`` are given to the next letters before they are."""

    port: int
    letters: list[EmailMessage] = field(default_factory=list)
    answers: list[str] = field(default_factory=list)
    is_stuck: bool = False
    reached: threading.Event = field(default_factory=threading.Event)

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:  # noqa: N802 -- aiosmtpd's name
        """Take a letter, or answer otherwise."""
        del server, session
        self.reached.set()
        if self.is_stuck:
            await asyncio.sleep(3_600)
        if self.answers:
            return self.answers.pop(0)
        parsed = message_from_bytes(envelope.content, policy=policy.default)
        assert isinstance(parsed, EmailMessage)
        self.letters.append(parsed)
        return "250 taken"


@contextmanager
def mail_server() -> Iterator[Mailbox]:
    """Serve on a free port of loopback."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    box = Mailbox(port)
    controller = Controller(box, hostname="127.0.0.1", port=port)
    controller.start()
    try:
        yield box
    finally:
        controller.stop()
