"""Names and orders that planning and the services must make alike; pure, known to both."""

from __future__ import annotations

import ipaddress
import unicodedata


def device_name(
    sys_name: str | None, host_name: str | None, model_name: str | None, address: str
) -> str:
    """Name a device: what it calls itself, else what DNS calls it, else model and address."""
    if sys_name:
        return sys_name
    if host_name:
        return host_name
    return f"{model_name} {address}"[-255:] if model_name else address


def address_sort(address: str | None) -> str | None:
    """Give a text that sorts as the numbers of addresses do, IPv4 first.

    Returns:
        ``4`` or ``6`` and the address in hex; None for what is no address.
    """
    try:
        parsed = ipaddress.ip_address(address or "")
    except ValueError:
        return None
    return f"{parsed.version}{parsed.packed.hex()}"


def folded(text: str) -> str:
    """Give ``text`` in lower case and without accents, as searches compare it."""
    decomposed = unicodedata.normalize("NFKD", text.casefold())
    return "".join(character for character in decomposed if not unicodedata.combining(character))
