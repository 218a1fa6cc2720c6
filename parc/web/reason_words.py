"""Why identity was decided as it was, in the reader's words, where it is kept as English text.

Plans and the history keep reasons of ``reconcile/rules.py`` as sentences; here each is found again
by its text. What is no such sentence is shown as it is kept.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

from flask_babel import gettext
from flask_babel import lazy_gettext as _

from parc.reconcile.rules import TEXTS
from parc.web.found_by import KEY_KINDS, REASONS

_REASONS: Mapping[str, str] = {text: REASONS[reason] for reason, text in TEXTS.items()}
_KEYS: Mapping[str, str] = {kind.value: text for kind, text in KEY_KINDS.items()}
_SENTENCES: Mapping[str, str] = {
    "a person's value stays": _("a person's value stays"),
    "the device holds the tag of the asset": _("the device holds the tag of the asset"),
    "manufacturer and serial number are those of the asset": _(
        "manufacturer and serial number are those of the asset"
    ),
}
_NOT_TAKEN = re.compile(r"not (?P<number>\d+): (?P<reason>.+)")
_FOUND_BY = re.compile(r"found by (?P<key>.+)")


def note_text(note: str) -> str:
    """Say a note of a plan's line."""
    found = _FOUND_BY.fullmatch(note)
    if found and found["key"] in _KEYS:
        return str(gettext("found by: %(key)s", key=_KEYS[found["key"]]))
    return "; ".join(_part(part) for part in note.split("; "))


def key_text(text: str) -> str | None:
    """Say a key with its kind, such as "engine id: 8000…"; None for what is no key."""
    kind, colon, value = text.partition(": ")
    if not colon or kind not in _KEYS:
        return None
    return str(gettext("%(key)s: %(value)s", key=_KEYS[kind], value=value))


def _part(part: str) -> str:
    refused = _NOT_TAKEN.fullmatch(part)
    if refused:
        reason = _part(refused["reason"])
        return str(gettext("not #%(number)s: %(reason)s", number=refused["number"], reason=reason))
    return str(_REASONS.get(part) or _SENTENCES.get(part) or part)
