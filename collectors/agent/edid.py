"""What a monitor's own description (EDID) says: maker, model, serial number, when it was made.

Source: VESA E-EDID Standard, Release A, Revision 2 (sections 3.4, 3.10.3); PNP ids of the UEFI
Forum's registry, those of makers of monitors.
"""

from __future__ import annotations

import base64
import binascii
from dataclasses import dataclass
from typing import Final

from collectors.text import clean_name

_HEADER: Final = bytes.fromhex("00ffffffffffff00")
_BLOCK: Final = 128
_DESCRIPTORS: Final = (54, 72, 90, 108)
_DESCRIPTOR: Final = 18
_SERIAL: Final = 0xFF
_NAME: Final = 0xFC
_FIRST_YEAR: Final = 1990
_LAST_WEEK: Final = 54
_MOST_TEXT: Final = 4096

MAKERS: Final = {
    "AAC": "AcerView",
    "ACI": "Asus",
    "ACR": "Acer",
    "AOC": "AOC",
    "API": "Acer",
    "APP": "Apple",
    "AUO": "AU Optronics",
    "AUS": "Asus",
    "BNQ": "BenQ",
    "BOE": "BOE",
    "CMN": "Chimei Innolux",
    "CMO": "Chimei Optoelectronics",
    "CPQ": "Compaq",
    "CTX": "CTX",
    "DEL": "Dell",
    "DON": "Denon",
    "ELO": "Elo",
    "ENC": "Eizo",
    "EPI": "Envision",
    "EPS": "Epson",
    "FUS": "Fujitsu Siemens",
    "GBT": "Gigabyte",
    "GSM": "LG",
    "GWY": "Gateway",
    "HEI": "Hyundai",
    "HEC": "Hisense",
    "HIT": "Hitachi",
    "HPN": "HP",
    "HSD": "HannStar",
    "HSP": "HannStar",
    "HWP": "HP",
    "IBM": "IBM",
    "INL": "InfoLight",
    "IVM": "Iiyama",
    "IVO": "InfoVision",
    "LEN": "Lenovo",
    "LGD": "LG Display",
    "LPL": "LG Philips",
    "MAX": "Belinea",
    "MEL": "Mitsubishi",
    "MSI": "MSI",
    "NEC": "NEC",
    "NOK": "Nokia",
    "NVD": "Nvidia",
    "PHL": "Philips",
    "PIO": "Pioneer",
    "QDS": "Quanta Display",
    "SAM": "Samsung",
    "SDC": "Samsung",
    "SEC": "Seiko Epson",
    "SHP": "Sharp",
    "SNY": "Sony",
    "SPT": "Sceptre",
    "STN": "Samtron",
    "TAT": "Tatung",
    "TOS": "Toshiba",
    "VIZ": "Vizio",
    "VSC": "ViewSonic",
    "XMD": "Xiaomi",
    "ZCM": "Zenith",
}
# Who makes the panels inside laptops: what they describe is no monitor that stands on a desk.
_PANEL_MAKERS: Final = frozenset(
    {
        "AUO", "BOE", "CMN", "CMO", "CSO", "HSD", "INL", "IVO", "LGD", "LPL", "NCP", "QDS", "SDC",
        "SHP", "TMX", "TSB",
    }
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Edid:
    """What one EDID says.

    Attributes:
        maker: its PNP id, three letters.
        product: four hex digits, the maker's own number of the model.
        serial_text: of its descriptor, as it stands on the label; most monitors have it.
        serial_number: of the header; zero and one mean nothing.
        made: ``2019-W07`` or ``2019``.
    """

    maker: str
    product: str
    name: str | None = None
    serial_text: str | None = None
    serial_number: int | None = None
    made: str | None = None

    @property
    def manufacturer(self) -> str:
        """Give the maker's name, or its id when it is not among those known."""
        return MAKERS.get(self.maker, self.maker)

    @property
    def is_panel(self) -> bool:
        """Tell whether it is built into a laptop, as far as its maker tells."""
        return self.maker in _PANEL_MAKERS


def read_edid(text: str | None) -> Edid | None:
    """Read the base64 of an EDID; None for what is none."""
    try:
        octets = base64.b64decode((text or "")[:_MOST_TEXT], validate=False)
    except (binascii.Error, ValueError):
        return None
    if len(octets) < _BLOCK or not octets.startswith(_HEADER):
        return None
    maker = _maker(int.from_bytes(octets[8:10], "big"))
    if maker is None:
        return None
    texts = dict(_texts(octets))
    return Edid(
        maker=maker,
        product=f"{int.from_bytes(octets[10:12], 'little'):04x}",
        name=texts.get(_NAME),
        serial_text=texts.get(_SERIAL),
        serial_number=_number(int.from_bytes(octets[12:16], "little")),
        made=_made(octets[16], octets[17]),
    )


def _maker(packed: int) -> str | None:
    """Give three letters of five bits each; A is one."""
    letters = [(packed >> shift) & 0x1F for shift in (10, 5, 0)]
    if packed >> 15 or not all(1 <= letter <= 26 for letter in letters):  # noqa: PLR2004 -- A to Z
        return None
    return "".join(chr(ord("A") + letter - 1) for letter in letters)


def _texts(octets: bytes) -> list[tuple[int, str]]:
    """Give the texts of the four descriptors by their tag; timings are none."""
    found = []
    for start in _DESCRIPTORS:
        part = octets[start : start + _DESCRIPTOR]
        if part[:3] == b"\0\0\0":
            said = clean_name(part[5:].partition(b"\n")[0])
            if said is not None:
                found.append((part[3], said))
    return found


def _number(serial: int) -> int | None:
    """Leave out what makers write when they count nothing."""
    says_nothing = serial in {0, 1, 0xFFFFFFFF, 0x01010101}
    return None if says_nothing else serial


def _made(week: int, year: int) -> str | None:
    if not year:
        return None
    if 1 <= week <= _LAST_WEEK:
        return f"{_FIRST_YEAR + year}-W{week:02d}"
    return str(_FIRST_YEAR + year)
