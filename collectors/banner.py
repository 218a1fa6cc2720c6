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
)
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
    model = _first(_MODELS, text)
    if model is not None and (_NO_MODEL.match(model) or model == sys_name):
        model = None
    return Banner(model, _first(_VERSIONS, text), _first(_HARDWARE, text), _first(_SERIALS, text))


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
