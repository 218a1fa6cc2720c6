"""What free text says of a device that no definition knows: model, version and serial number.

Makers put the same few things into sysDescr in the same few ways. Only forms that name what they
give count, and for the model a product's code at the very front: words alone are no model. Pure.
"""

from __future__ import annotations

import re
from typing import Final, NamedTuple

_MAX_SEARCHED: Final = 1000
_FLAGS: Final = re.IGNORECASE


class Banner(NamedTuple):
    """What the text says; None where it is silent."""

    model_name: str | None = None
    software_revision: str | None = None
    hardware_revision: str | None = None
    serial_number: str | None = None


# "Linux host 4.9.0 #1 SMP ...", "FreeBSD host 12.1 ...": a kernel's own text, not the device's.
_KERNEL: Final = re.compile(
    r"^\W*(?:Linux|FreeBSD|OpenBSD|NetBSD|Darwin|SunOS|AIX|HP-UX)\s+\S+\s+#?\d"
)
_NUMBER: Final = r"[vVrR]?\.?(?P<value>\d+(?:[._-]\d+[\w()+]*|\.?[A-Z]+\d[\w()]*)(?:[.\-_]\w+)*)"
_VERSIONS: Final = (
    # DOCSIS (SCTE 22-2): <<HW_REV: 1; VENDOR: X; BOOTR: 2; SW_REV: 3; MODEL: Y>>
    re.compile(r"SW_REV:\s*(?P<value>[^;>\s]+)"),
    *(
        re.compile(
            rf"\b{what}\s*(?:rev(?:ision)?|ver(?:sion)?|release|rel)?"
            rf"\s*[.:=,]*\s*(?:ver(?:sion)?\s*|rel(?:ease)?\s*)?[.:]?\s*{_NUMBER}",
            _FLAGS,
        )
        for what in ("(?:software|SW)", "(?:firmware|FW|application)")
    ),
    # Broadcom FASTPATH: "<product>, 6.3.1.11, B1.0.0.4" or ", Linux 3.6.5" or ", VxWorks 6.6"
    re.compile(r",\s*(?P<value>(?:[A-Z]{1,3}\.)?\d+(?:\.\d+){1,4}),\s*(?:Linux|VxWorks|B\d)"),
    re.compile(
        r"(?<!hardware )(?<!hw )(?<!windows )(?<!boot )(?<!bootrom )"
        r"(?<!bootloader )(?<!rom )(?<!kernel )"
        rf"\b(?:version|ver|release|rel|rev(?:ision)?)\b\s*[.:]*\s*{_NUMBER}",
        _FLAGS,
    ),
    re.compile(r"(?<!SNMP)(?:^|[\s(,-])[vV](?P<value>\d+\.\d+[\w.()-]*)"),
    # American Power Conversion's card, also under other names: AF1 is the application.
    re.compile(r"\bAF1:v?(?P<value>\d[\w.]+)"),
    # Letters of a branch before the number: "revision RA.16.02.0012", "- PA.03.10".
    re.compile(r"(?:\brevision|,| -)\s(?P<value>[A-Z]{1,2}\.\d\d\.\d\d[\w.]*)"),
    re.compile(r"\bSW:\s*(?P<value>[vV]?\d[\w.]+)"),
    # A field of its own, or the last word, that is nothing but three numbers or more.
    re.compile(r"(?:^|[,;|(])\s*[vV]?(?P<value>\d+(?:\.\d+){2,}[\w.-]*)\s*(?=[,;|)]|$)"),
    re.compile(r"(?<!ersion)(?<!er)(?<!ev)\s[vV]?(?P<value>\d+(?:\.\d+){2,}[\w.-]*)\W*$"),
)
_HARDWARE: Final = (
    re.compile(r"HW_REV:\s*(?P<value>[^;>\s]+)"),
    re.compile(
        r"\b(?:hardware|HW)\s*(?:rev(?:ision)?|ver(?:sion)?)?\s*[.:]*\s*[vV]?(?P<value>\d[\w.]*)",
        _FLAGS,
    ),
)
_SERIALS: Final = (
    re.compile(
        r"\b(?:S/N|SN|serial\s*(?:number|num|no|#)?)\s*[.:#=]+\s*[:#]?\s*(?P<value>[A-Z0-9][\w/-]{4,30})",
        _FLAGS,
    ),
    re.compile(
        r"(?<![\w/])(?:S/N|SN|s/n)[\s:]+(?P<value>(?=(?:\S*\d){4})[A-Z0-9][A-Z0-9-]{4,24})\b"
    ),
)
# What follows is the serial number of a management card, not of what it manages.
_CARD: Final = re.compile(r"\bMN:.*\bSN:|\bcard\b.*\b(?:S/N|SN)\b", _FLAGS | re.DOTALL)
# Letters that start a product's code, then a digit: ECS4510-52T, GS724Tv4, SG-6000-E3965.
_CODE: Final = r"(?=[\w+/.-]*\d)[A-Z][A-Za-z]{0,11}-?(?:[A-Z]{0,4}-?)?\d[\w+/-]*"
_MODELS: Final = (
    re.compile(r"[;<]\s*MODEL:\s*(?P<value>[^;>]+?)\s*[;>]"),
    re.compile(
        r"\b(?:model(?: name| number| no\.?)?|product)\s*[:=]+\s*(?P<value>[\w+/-]*\d[\w+/-]*)",
        _FLAGS,
    ),
    # The code alone, or before its kind, its version or a comma.
    re.compile(
        rf"^(?P<value>{_CODE})(?=$|,|;|:| -|-? [(\[]| [vV]?\d+\.\d| [A-Z]?[a-z]| \d+-?[Pp]ort)"
    ),
)
# Where a product's name ends: at punctuation, or before the words that announce a version.
_HEAD: Final = re.compile(
    r"^(?P<value>[^,;:(\[|\n]*?)(?=$|[,;:(\[|\n]| - |\s(?:version|ver|rev|release|software|firmware"
    r"|hardware|fw|sw|hw|[sS]/?[nN]|v?\d+\.\d)\b)",
    _FLAGS,
)
_MOST_WORDS: Final = 5
_NAMES_PRODUCT: Final = re.compile(r"(?:^|\s)(?=\S*\d\d)[A-Za-z]*[A-Z\d][A-Za-z\d+/-]*(?:\s|$)")
_NO_PRODUCT: Final = re.compile(
    r"\b(?:V\d+R\d+\w*|\d{7,}|snmp\w*|agents?|linux|kernel|windows|unix|cards?|vxworks|bsd|esxi?|build|copyright|system"
    r"|controllers?|adapters?|interfaces?|supervisor|modules?|services?|ethernet|gigabit|ports?|unit"
    r"|ios|ieee|platform|\w*os|server|\d+/\d+\S*|\d+[-\s]?port\w*|\d+x\d+\S*|\d+(?:[.]\d+)?[kmg](?:b\w*|va|w)?"
    r"|\d+va|\w+_\w+|(?:19|20)\d\d)(?=$|\W)",
    _FLAGS,
)
_SYSTEM: Final = re.compile(r"(?<![\w-])(?P<value>[A-Z][A-Za-z]{0,12}-?OS)(?![\w-])")
_NO_SYSTEM: Final = frozenset({"BIOS", "DOS", "MSDOS", "POS", "QOS", "DOCSIS", "NETBIOS", "MACOS"})
_NO_MODEL: Final = re.compile(
    r"(?i)^(?:v?\d|version|release|snmp|rev|ipv?\d|x86|i\d86|build|linux)"
)


def read_banner(sys_descr: str | None, manufacturer: str | None, sys_name: str | None) -> Banner:
    """Read a sysDescr.

    Args:
        sys_descr: the text.
        manufacturer: who made it, so that the name can be taken off the front.
        sys_name: a text that only repeats the device's own name tells no model.
    """
    text = (sys_descr or "")[:_MAX_SEARCHED].strip().strip('"').strip()
    if not text or _KERNEL.match(text):
        return Banner()
    if manufacturer is not None:
        text = _without_manufacturer(text, manufacturer)
    model = _first(_MODELS, text) or _product(text)
    if model is not None and (_NO_MODEL.match(model) or model == sys_name):
        model = None
    serial = None if _CARD.search(text) else _first(_SERIALS, text)
    return Banner(model, _first(_VERSIONS, text), _first(_HARDWARE, text), serial)


def operating_system_named(sys_descr: str | None) -> str | None:
    """Give what firmware calls itself with the letters OS at the end: "HiveOS", "DmOS", "SAOS"."""
    match = _SYSTEM.search((sys_descr or "")[:_MAX_SEARCHED])
    return match["value"] if match and match["value"].upper() not in _NO_SYSTEM else None


def product_named(description: str | None) -> str | None:
    """Give the product that a short description of a chassis names: "SGE2010", "MP-118 chassis"."""
    text = re.sub(r"(?i)\s+chassis$", "", (description or "")[:_MAX_SEARCHED].strip())
    match = re.fullmatch(rf"(?:\w+\s){{0,2}}{_CODE}", text)
    return None if match is None or _NO_PRODUCT.search(text) else text


def _product(text: str) -> str | None:
    """Give a name of a few words with a number in it, when the text begins with one."""
    head = _HEAD.match(text)
    name = head["value"].strip() if head else ""
    if not _NAMES_PRODUCT.search(name) or _NO_PRODUCT.search(name):
        return None
    return name if 1 < len(name.split()) <= _MOST_WORDS else None


def _without_manufacturer(text: str, manufacturer: str) -> str:
    """Take the maker's name and its legal form off the front."""
    first = re.escape(manufacturer.split(maxsplit=1)[0])
    form = (
        r"(?:\s+(?:networks?|systems?|inc\.?|corporation|corp\.?|technologies|co\.?|ltd\.?)\b,?)*"
    )
    return re.sub(rf"^{first}{form}[\s,:;.-]+", "", text, count=1, flags=_FLAGS)


def _first(patterns: tuple[re.Pattern[str], ...], text: str) -> str | None:
    for pattern in patterns:
        match = pattern.search(text)
        if match is not None:
            return (
                match["value"].strip(" .,;-_)(" if "(" not in match["value"] else " .,;-_") or None
            )
    return None
