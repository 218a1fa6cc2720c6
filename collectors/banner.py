"""What free text says of a device that no definition knows: model, version and serial number.

Makers put the same few things into sysDescr in the same few ways. Only forms that name what they
give count, and for the model a product's code at the very front: words alone are no model. Pure.
"""

from __future__ import annotations

import re
from typing import Final, NamedTuple

from collectors.registries.enterprise import MANUFACTURER_ALIASES, manufacturer_named_in

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
# What stands before the version of something else.
_NO_VERSION: Final = (
    r"linux|ubuntu|vxworks|kernel|u-boot|boot\w*|hardware|hw|rom|ieee|usb|snmp\w*|java|rtcs|ose\w*"
    r"|model|rel"
)
_NO_UNIT: Final = r"(?!802\.|\d+\.\d+[kMG]?(?:Hz|VA?|W|A|n|ac|ax|[Gg])\b)"
_NO_DATE: Final = r"(?!\d\d?\.\d\d?\.(?:19|20)\d\d\b)"
_BEHIND_SYSTEM: Final = re.compile(
    r"\b[A-Z][A-Za-z]*-?OS(?:-[A-Z])?[ -][vVR]?(?P<value>\d+\.\d[\w.-]*(?: build-\w+)?)"
)
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
    # Behind the name of the system: HiveOS 8.1r2a, GigaVUE-OS 5.16.00, TiMOS-C-10.0.R4
    _BEHIND_SYSTEM,
    re.compile(r"\bNOS (?P<value>\d+\.\d\w*)"),
    re.compile(
        r"\b(?:[Vv]ersion|[Rr]elease) (?:[A-Za-z][\w-]*[_-])+(?P<value>\d+(?:[.-]\d+){2,}[\w.-]*)"
    ),
    re.compile(r"\b(?P<value>V\d{3}R\d{3}C\d{2}(?:SP[CH]\w+)?)\b"),
    re.compile(r"^[A-Z]\w+(?:-[A-Z]+)?-(?P<value>\d+\.\d+[\w.-]*)"),
    # A field of its own, or the last word, that is nothing but three numbers or more.
    re.compile(
        rf"(?:^|[,;|(])\s*[vV]?{_NO_DATE}(?P<value>\d+(?:\.\d+){{2,}}[\w.-]*)\s*(?=[,;|)]|$)"
    ),
    re.compile(
        rf"(?<!ersion)(?<!er)(?<!ev)\s[vV]?{_NO_DATE}(?P<value>\d+(?:\.\d+){{2,}}[\w.-]*)\W*$"
    ),
    # Bare, behind the product and before what is no unit: SiteBoss 530 2.10.540 STD
    re.compile(
        rf"^(?:(?!(?i:{_NO_VERSION})\b)[\w+/.-]+,? ){{1,5}}?[vVR]?{_NO_UNIT}"
        r"(?P<value>\d+\.\d+[\w.-]*)(?=$|,|;| /| [A-Z(\d][\w.]*(?:$|\W))"
    ),
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
_FORM: Final = (
    r"(?i:(?:\s+(?:networks?|systems?|inc\.?|corporation|corp\.?|technologies|co\.?|ltd\.?"
    r"|emc)\b,?)*)"
)
_KINDS: Final = (
    "[Ss]witch|[Rr]outer|[Gg]ateway|[Ff]irewall|[Cc]ontroller|[Aa]ppliance|[Aa]ccess [Pp]oint"
    "|[Cc]amera|[Ss]erver|[Mm]odem|[Bb]ridge|[Rr]adio|UPS|PDU"
)
# Said to be the model, so that it may be a bare number.
_LABELLED: Final = (
    re.compile(
        r"\bmodel(?: name| number| no\.?)?\s*[:=]+\s*(?P<value>[1-9]\d{2,}[A-Z]?)\b(?!\.)", _FLAGS
    ),
)
_BEHIND_KIND: Final = re.compile(
    rf"\b(?:{_KINDS})\s+"
    r"(?P<value>(?=[\w+/-]*[A-Z])(?=[\w+/-]*\d\d)[A-Z\d][\w+/-]{3,})(?=$|[\s,;])"
)
_CODES: Final = (
    _BEHIND_KIND,
    re.compile(r"^(?P<value>\d{3,4}[A-Z]*-\d+[A-Z][\w-]*)(?=$|,|;| ?:| [(\[])"),
    # A field of its own, or in brackets: "..., C600HC, Release 6", "Switch PoE (S3410-24TS-P) by"
    re.compile(rf"\b[Ss]eries:\s*(?P<value>{_CODE})(?=$|[\s,;])"),
    re.compile(r", (?P<value>(?=\S*\d\d)[A-Z]{1,6}-?\d[A-Z\d-]*[A-Z\d]), "),
    re.compile(r"\((?P<value>(?=\S*\d\d)[A-Z]{1,5}\d[A-Z\d+]*-[A-Z\d+-]*(?<!-M))\)"),
)
_MODELS: Final = (
    re.compile(r"[;<]\s*MODEL:\s*(?P<value>[^;>]+?)\s*[;>]"),
    re.compile(
        r"\b(?:model(?: name| number| no\.?)?|product)\s*[:=]+\s*(?P<value>[\w+/-]*\d[\w+/-]*)",
        _FLAGS,
    ),
    # The system's name, then the board's code: RouterOS RB433GL
    re.compile(rf"^[A-Z][A-Za-z]+OS (?P<value>{_CODE})$"),
    # The code alone, or before its kind, its version or a comma; not the name of a series.
    re.compile(
        rf"^(?:[Mm]odel )?(?P<value>{_CODE})(?! [Ss]eries)(?=$|,|;| ?:| -|-? [(\[]|\s+[vV]?\d+\.\d"
        r"| [A-Z]?[a-z]| \d+-?[Pp]ort| \S+[- ][vVrR]?\d+\.\d|[HS](?:ardware|oftware) )"
    ),
    # What it runs on, or the system's name and the board in brackets: ExtremeXOS (X480-24x) ...
    re.compile(rf"\brunning on an? (?:[A-Z]\w+ ){{0,2}}?(?P<value>{_CODE})(?=$|[\s,;])"),
    re.compile(rf"^[A-Z]\w+OS \((?P<value>{_CODE}(?:\(\w+\))?)\)"),
    # Nothing but a name with a hyphen and its version: U-LTE-Pro-EU 6.6.57.15206
    re.compile(
        r"^(?P<value>(?!(?i:\S*os\b|\S*linux))[A-Z]\w*(?:-[A-Z]\w*)+) v?\d+(?:\.\d+){2,}\w*$"
    ),
    # Its kind, then its code: Ethernet Routing Switch 5530-24TFD
    _BEHIND_KIND,
)
# Where a product's name ends: at punctuation, or before the words that announce a version.
_HEAD: Final = re.compile(
    r"^(?P<value>[^,;:(\[|\n]*?)(?=$|[,;:(\[|\n]| - |\s(?:version|ver|rev|release|software|firmware"
    r"|hardware|fw|sw|hw|[sS]/?[nN]|v?\d+\.\d+)\b)",
    _FLAGS,
)
_MOST_WORDS: Final = 5
_NAMES_PRODUCT: Final = re.compile(r"(?:^|\s)(?=\S*\d\d)[A-Za-z]*[A-Z\d][A-Za-z\d+/-]*(?:\s|$)")
_NO_PRODUCT: Final = re.compile(
    r"\b(?:V\d+R\d+\w*|\d{7,}|snmp\w*|agents?|linux|kernel|windows|unix|cards?|vxworks|bsd|esxi?|build|copyright|system"
    r"|controllers?|adapters?|interfaces?|supervisor|modules?|services?|ethernet|gigabit|ports?|unit"
    r"|ios|ieee|platform|\w*os|server|\d+/\d+\S*|\d+[-\s]?port\w*|\d+x\d+\S*|\d+(?:[.]\d+)?[kmg](?:b\w*|va|w)?"
    r"|\d+va|\w+_\w+|(?:19[89]|20[0-3])\d)(?=$|\W)",
    _FLAGS,
)
_SYSTEM: Final = re.compile(r"(?<![\w-])(?P<value>[A-Z][A-Za-z]{0,12}-?OS)(?![\w-])")
_NO_SYSTEM: Final = frozenset({"BIOS", "DOS", "MSDOS", "POS", "QOS", "DOCSIS", "NETBIOS", "MACOS"})
_NO_MODEL: Final = re.compile(
    r"(?i)^(?:.*(?:-[0-9a-f]{4}){3}|v?\d|version|release|snmp|rev|ipv?\d|x86|i\d86|build|linux)"
)


def read_banner(sys_descr: str | None, manufacturer: str | None, sys_name: str | None) -> Banner:
    """Read a sysDescr.

    Args:
        sys_descr: the text.
        manufacturer: who made it, so that the name can be taken off the front.
        sys_name: a text that only repeats the device's own name tells no model.
    """
    text = (sys_descr or "")[:_MAX_SEARCHED].strip().strip('"').strip()
    if not text:
        return Banner()
    if _KERNEL.match(text):
        return Banner(software_revision=_first((_BEHIND_SYSTEM,), text))
    for maker in (manufacturer_named_in(text), *_names_of(manufacturer)):
        if maker is not None:
            text = _without_manufacturer(text, maker)
    model = _first(_MODELS, text) or _product(text)
    if model is not None:
        model = re.sub(_RUN_INTO, "", re.sub(_KIND_AT_END, "", model))
    if model is not None and (_NO_MODEL.match(model) or model == sys_name):
        model = None
    model = model or _first(_LABELLED, text) or _behind_maker(text, manufacturer)
    model = model or _first(_CODES, text)
    serial = None if _CARD.search(text) else _first(_SERIALS, text)
    return Banner(model, _first(_VERSIONS, text), _first(_HARDWARE, text), serial)


def operating_system_named(sys_descr: str | None) -> str | None:
    """Give what firmware calls itself with the letters OS at the end: "HiveOS", "DmOS", "SAOS"."""
    match = _SYSTEM.search((sys_descr or "")[:_MAX_SEARCHED])
    return match["value"] if match and match["value"].upper() not in _NO_SYSTEM else None


_RUN_INTO: Final = r"(?<=[\dA-Z])(?:Hardware|Software|Firmware|Version)$"
_KIND_AT_END: Final = r"(?i)\s+(?:chassis|(?:internet|ethernet) (?:router|switch))$"


def product_named(description: str | None) -> str | None:
    """Give the product that a short description of a chassis names: "SGE2010", "MP-118 chassis"."""
    text = re.sub(_KIND_AT_END, "", (description or "")[:_MAX_SEARCHED].strip())
    match = re.fullmatch(rf"(?:\w+\s){{0,2}}{_CODE}", text)
    return None if match is None or _NO_PRODUCT.search(text) else text


def _product(text: str) -> str | None:
    """Give a name of a few words with a number in it, when the text begins with one."""
    head = _HEAD.match(text)
    name = head["value"].strip() if head else ""
    vague = _NO_PRODUCT.search(name)
    if vague is not None and vague[0].isalpha():
        name = name[: vague.start()].strip()
    if not _NAMES_PRODUCT.search(name) or _NO_PRODUCT.search(name):
        return None
    return name if 1 < len(name.split()) <= _MOST_WORDS else None


def _names_of(manufacturer: str | None) -> tuple[str, ...]:
    return (
        () if manufacturer is None else (manufacturer, *MANUFACTURER_ALIASES.get(manufacturer, ()))
    )


def _behind_maker(text: str, manufacturer: str | None) -> str | None:
    """Give a code that stands directly behind the maker's name, wherever that is."""
    for name in _names_of(manufacturer):
        first = re.escape(name.split(maxsplit=1)[0])
        match = re.search(
            rf"\b(?i:{first}){_FORM}[\s,]+(?:[A-Z][A-Za-z]+ )?"
            rf"(?P<value>(?=[\w+/-]*[A-Z])(?=[\w+/-]*\d\d)[A-Z\d][\w+/-]{{3,}})(?=$|[\s,;])",
            text,
        )
        if match is not None and not _NO_PRODUCT.search(match["value"]):
            return match["value"]
    return None


def _without_manufacturer(text: str, manufacturer: str) -> str:
    """Take the maker's name, or its first word, and its legal form off the front."""
    first = re.escape(manufacturer.split(maxsplit=1)[0])
    if text.casefold().startswith(f"{manufacturer.casefold()} "):
        first = re.escape(manufacturer)
    return re.sub(rf"^{first}{_FORM}[\s,:;.-]+", "", text, count=1, flags=_FLAGS)


def _first(patterns: tuple[re.Pattern[str], ...], text: str) -> str | None:
    for pattern in patterns:
        match = pattern.search(text)
        if match is not None:
            return (
                match["value"].strip(" .,;-_)(" if "(" not in match["value"] else " .,;-_") or None
            )
    return None
