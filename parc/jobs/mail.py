"""Sending letters by SMTP: the one place that speaks to a mail server.

Source: RFC 5321 (SMTP), RFC 3207 (STARTTLS), RFC 8314 (implicit TLS), RFC 5322 (Message-ID).
"""

from __future__ import annotations

import smtplib
import ssl
from collections.abc import Mapping
from dataclasses import dataclass
from email.message import EmailMessage
from email.utils import format_datetime
from pathlib import Path
from typing import Final

from parc.clock import Clock
from parc.config import MailSettings, Settings
from parc.errors import ConfigError, ConfigProblem
from parc.services.outbox import Letter, Problem

_PERMANENT: Final = 500
_MOST_BYTES: Final = 1_000


@dataclass(frozen=True, slots=True)
class Mailer:
    """Sends one letter a connection; there are few."""

    settings: MailSettings
    password: str
    clock: Clock

    def send(self, letter: Letter) -> Problem | None:
        """Hand a letter to the mail server; gives why it was not taken."""
        try:
            with self._connect() as server:
                if self.settings.user:
                    server.login(self.settings.user, self.password)
                server.send_message(self._message(letter))
        except smtplib.SMTPRecipientsRefused as error:
            code, text = next(iter(error.recipients.values()))
            return Problem(_said(code, text), is_final=code >= _PERMANENT)
        except smtplib.SMTPAuthenticationError as error:
            return Problem(_said(error.smtp_code, error.smtp_error), is_final=False)
        except smtplib.SMTPResponseException as error:
            is_final = error.smtp_code >= _PERMANENT
            return Problem(_said(error.smtp_code, error.smtp_error), is_final=is_final)
        except (OSError, smtplib.SMTPException) as error:
            return Problem(f"{type(error).__name__}: {error}"[:400], is_final=False)
        return None

    def _connect(self) -> smtplib.SMTP:
        wanted = self.settings
        context = ssl.create_default_context()
        seconds = wanted.timeout_seconds
        if wanted.security == "tls":
            return smtplib.SMTP_SSL(wanted.host, wanted.port, timeout=seconds, context=context)
        server = smtplib.SMTP(wanted.host, wanted.port, timeout=seconds)
        try:
            if wanted.security == "starttls":
                server.starttls(context=context)
        except (OSError, smtplib.SMTPException):
            server.close()
            raise
        return server

    def _message(self, letter: Letter) -> EmailMessage:
        message = EmailMessage()
        message["From"] = self.settings.from_address
        message["To"] = letter.recipient
        message["Subject"] = letter.subject
        message["Date"] = format_datetime(self.clock())
        message["Message-ID"] = letter.message_id
        message["Auto-Submitted"] = "auto-generated"
        message.set_content(letter.body)
        return message


def open_mailer(settings: Settings, environment: Mapping[str, str], clock: Clock) -> Mailer:
    """Make a mailer with its password from the environment or the named file.

    Raises:
        ConfigError: there is none where there should be.
    """
    mail = settings.mail
    password = ""
    if mail.password_env:
        password = environment.get(mail.password_env, "")
        if not password:
            reason = f"the environment variable {mail.password_env} is not set"
            raise ConfigError("settings", [ConfigProblem("mail.password_env", reason)])
    elif mail.password_file:
        folder = settings.path.parent if settings.path else Path()
        password = _read(folder / mail.password_file)
    return Mailer(mail, password, clock)


def _read(path: Path) -> str:
    try:
        if path.stat().st_mode & 0o077:
            reason = f"{path.name} can be read by others: chmod 600"
            raise ConfigError("settings", [ConfigProblem("mail.password_file", reason)])
        with path.open(encoding="utf-8") as file:
            return file.readline(_MOST_BYTES).strip()
    except (OSError, UnicodeDecodeError) as error:
        reason = f"{path.name} cannot be read"
        raise ConfigError("settings", [ConfigProblem("mail.password_file", reason)]) from error


def _said(code: int, text: bytes | str) -> str:
    words = text.decode("utf-8", "replace") if isinstance(text, bytes) else text
    shown = "".join(sign if sign.isprintable() else " " for sign in words)
    return f"{code} {shown}"[:400]
