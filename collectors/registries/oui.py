"""Who owns a MAC address's prefix, from the registry of the IEEE as the package netaddr has it.

The registry is opened at the first question, not at import: nobody waits for it who never asks.
netaddr holds the large blocks (MA-L, 24 bits) and the first small ones (IAB, 36 bits). A prefix
that the IEEE keeps to let in smaller blocks has no answer rather than the IEEE's own name.
"""

from __future__ import annotations

import re
import tomllib
from functools import cache, lru_cache
from importlib import resources
from typing import Final

from collectors.text import clean_name, normalise_mac

# Bits of the first octet (IEEE 802): a group of stations, and an address its user made up.
_GROUP_BIT: Final = 0x01
_LOCAL_BIT: Final = 0x02
_NOBODY: Final = frozenset({"ieee registration authority", "private"})
_ACRONYM_LETTERS: Final = 4
_LONGEST_BRAND_WORDS: Final = 3
_LEGAL_FORM: Final = re.compile(
    r"[\s,.]+(?:inc|incorporated|corp|corporation|co|company|ltd|limited|llc|gmbh|kg|&|ag|ab|a/s"
    r"|oy|oyj|n\.?v|b\.?v|s\.?a|sas|s\.?r\.?l|s\.?p\.?a|plc|pty|pte|sdn|bhd|\([^()]*\))[.,]?$",
    re.IGNORECASE,
)


def manufacturer_of(mac: str) -> str | None:
    """Give the usual name of who made the card with this MAC address.

    Args:
        mac: any usual spelling.

    Returns:
        None for unknown prefixes, what is no MAC address, addresses that somebody made up
        (locally administered: virtual machines, phones that hide) and group addresses.

    Source: IEEE Std 802-2014, clause 8; IEEE MA-L and IAB registries.
    """
    text = normalise_mac(mac)
    if text is None or int(text[:2], 16) & (_LOCAL_BIT | _GROUP_BIT):
        return None
    # 36 bits tell apart all that the registries tell apart.
    return _owner(text[:13])


@lru_cache(maxsize=4096)
def _owner(prefix: str) -> str | None:
    from netaddr import EUI, NotRegisteredError

    eui = EUI(f"{prefix}0:00")
    try:
        block = eui.iab if eui.is_iab() else eui.oui
        registered = block.registration().org if block is not None else None
    except NotRegisteredError:
        return None
    return usual_name(registered) if registered else None


def usual_name(registered: str) -> str | None:
    """Give the short name for a registered one: ``Cisco`` for ``Cisco Systems, Inc``."""
    name = clean_name(registered)
    if name is None or name.lower() in _NOBODY:
        return None
    words = re.sub(r"[,.](?=\s|$)", "", name.lower()).split()
    for count in range(_LONGEST_BRAND_WORDS, 0, -1):
        brand = _brands().get(" ".join(words[:count]))
        if brand is not None:
            return brand
    return _as_written(_without_legal_form(name))


def _without_legal_form(name: str) -> str:
    while True:
        # Some are written "Co.,Ltd." without a blank.
        shorter = _LEGAL_FORM.sub("", name).rstrip(" ,.")
        if not shorter or shorter == name:
            return name
        name = shorter


def _as_written(name: str) -> str:
    """Turn shouted words to usual ones; short ones are acronyms more often than not."""
    if name != name.upper():
        return name
    words = name.split()
    if len(words) == 1 and len(name) <= _ACRONYM_LETTERS:
        return name
    return " ".join(word.capitalize() if word.isalpha() else word for word in words)


@cache
def _brands() -> dict[str, str]:
    source = resources.files(__package__).joinpath("oui.toml").read_text("utf-8")
    brands: dict[str, str] = tomllib.loads(source)["brands"]
    return brands
