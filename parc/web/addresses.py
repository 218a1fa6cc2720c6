"""Where a form leads back to: addresses of this server that a page sent along."""

from __future__ import annotations

from urllib.parse import parse_qsl, urlsplit

from flask import abort

_MOST_PAIRS = 1_000


def local_path(address: str) -> str:
    """Give a path of this server as it was sent, anything else as nothing."""
    if not address.startswith("/") or address.startswith("//") or "\\" in address:
        return ""
    return "" if any(sign < " " for sign in address) else address


def query_of(address: str) -> str:
    """Give what stands behind the question mark of an address that a form sent back."""
    try:
        return urlsplit(address).query
    except ValueError:  # brackets that hold no address
        return ""


def pairs_of(address: str) -> list[tuple[str, str]]:
    """Give the names and values behind the question mark; what cannot be read is refused with 400.

    Nothing is guessed: an address read as empty would mean the whole list.
    """
    try:
        return parse_qsl(urlsplit(address).query, max_num_fields=_MOST_PAIRS)
    except ValueError:
        abort(400)
