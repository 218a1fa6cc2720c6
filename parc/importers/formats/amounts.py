"""Amounts of money as people write them; which sign parts decimals is settled once a column."""

from __future__ import annotations

import enum
import re
import unicodedata
from dataclasses import dataclass
from decimal import Decimal
from typing import Final

from parc.importers.formats.cells import Said, Unreadable, is_blank, key_of, lost_value

_CURRENCIES: Final = (
    ("€", "EUR"), ("eur", "EUR"), ("us$", "USD"), ("usd", "USD"), ("$", "USD"), ("£", "GBP"),
    ("gbp", "GBP"), ("chf", "CHF"), ("fr.", "CHF"), ("cad", "CAD"), ("xpf", "XPF"), ("fcfp", "XPF"),
)  # fmt: skip
_EURO_WORDS: Final = re.compile(r"euros?\b")
_TAX: Final = re.compile(r"\b(h\.?t\.?|t\.?t\.?c\.?|hors taxes?|toutes taxes comprises)(?=$|[\s)])")
_NOTHING_TO_PAY: Final = frozenset(
    {"gratuit", "gratuite", "gratuits", "offert", "offerte", "free", "sans frais"}
)
_EURO_WITHIN: Final = re.compile(r"([0-9]) ?€ ?([0-9]{2})$")  # 12€50
_NUMBER: Final = re.compile(r"[0-9][0-9.,' ]*")
_SPACED: Final = re.compile(r"[0-9]{1,3}(?:[ '][0-9]{3})+(?:[.,][0-9]+)?")
_GROUPED: Final = {sign: re.compile(rf"[0-9]{{1,3}}(?:\{sign}[0-9]{{3}})+") for sign in (",", ".")}
_THOUSAND: Final = {"": Decimal(1), "k": Decimal(1_000), "m": Decimal(1_000_000)}
_GROUP: Final = 3
_MOST: Final = Decimal(10) ** 12


class DecimalSign(enum.StrEnum):
    """What parts the decimals of a number."""

    COMMA = ","
    POINT = "."


class Tax(enum.StrEnum):
    """Whether an amount holds the value added tax (French: HT, TTC)."""

    EXCLUDED = "excluded"
    INCLUDED = "included"


@dataclass(frozen=True, slots=True)
class Amount:
    """An amount; ``currency`` and ``tax`` are None when the cell does not say."""

    value: Decimal
    currency: str | None = None
    tax: Tax | None = None


@dataclass(slots=True)
class AmountColumn:
    """What all cells of a column tell of the sign; ``add`` each, then ask ``sign``."""

    commas: int = 0
    points: int = 0
    either: int = 0

    def add(self, text: str) -> None:
        """Note what one cell tells."""
        found = _taken_apart(text)
        if found is None:
            return
        sign, is_certain = _decimal_sign(found.number)
        if sign is None:
            return
        if not is_certain:
            self.either += 1
        elif sign == ",":
            self.commas += 1
        else:
            self.points += 1

    def sign(self, default: DecimalSign = DecimalSign.COMMA) -> DecimalSign:
        """Give the sign of the column; the default when no cell tells."""
        if self.points and not self.commas:
            return DecimalSign.POINT
        return DecimalSign.COMMA if self.commas else default

    @property
    def is_assumed(self) -> bool:
        """Tell whether cells could be read either way and none tells which."""
        return bool(self.either) and not (self.commas or self.points)

    @property
    def is_mixed(self) -> bool:
        """Tell whether both signs part decimals in this column."""
        return bool(self.commas and self.points)


def read_amount(
    text: str, sign: DecimalSign, *, is_mixed: bool = False
) -> Amount | Said | Unreadable:
    """Read one amount.

    Args:
        sign: of the column, for what could be read either way (``1.234``).
        is_mixed: the column has both; what could be read either way is then not taken.
    """
    if (lost := lost_value(text)) is not None:
        return lost
    if is_blank(text.strip("€$£ \u00a0\u202f")):
        return Said.BLANK
    found = _NOTHING if key_of(text) in _NOTHING_TO_PAY else _taken_apart(text)
    if found is None:
        return Unreadable("not_an_amount", text[:60])
    decimal, is_certain = _decimal_sign(found.number)
    if decimal is not None and not is_certain:
        if is_mixed:
            return Unreadable("amount_ambiguous", text[:60])
        decimal = decimal if decimal == sign else None
    value = _value(found.number, decimal)
    if value is None or abs(value := value * found.factor) >= _MOST:
        return Unreadable("not_an_amount", text[:60])
    return Amount(-value if found.is_negative else value, found.currency, found.tax)


@dataclass(frozen=True, slots=True)
class _Apart:
    number: str
    factor: Decimal
    is_negative: bool
    currency: str | None
    tax: Tax | None


_NOTHING: Final = _Apart("0", Decimal(1), is_negative=False, currency=None, tax=None)


def _taken_apart(text: str) -> _Apart | None:
    """Part a cell into its number and what stands around it; None when anything else is left."""
    if len(text) > 60:  # noqa: PLR2004 -- no amount is as long
        return None
    plain = " ".join(unicodedata.normalize("NFKC", text).casefold().replace("\u2019", "'").split())
    tax = None
    if (found := _TAX.search(plain)) is not None:
        tax = Tax.EXCLUDED if found[1].startswith("h") else Tax.INCLUDED
        plain = plain[: found.start()] + plain[found.end() :]
    plain = _EURO_WITHIN.sub(r"\1,\2 €", _EURO_WORDS.sub("€", plain))
    currency = None
    for sign, code in _CURRENCIES:
        if sign in plain:
            currency, plain = code, plain.replace(sign, " ", 1)
            break
    plain = plain.replace("\u2212", "-").strip()
    is_negative = plain.startswith("-") or plain.endswith("-")
    plain = plain.strip("- ")
    if plain.startswith("(") and plain.endswith(")"):
        is_negative, plain = not is_negative, plain[1:-1].strip("- ")
    plain = plain.replace("()", "").strip()
    unit = plain[-1:] if plain[-1:] in {"k", "m"} else ""
    number = plain[: len(plain) - len(unit)].strip()
    if not _NUMBER.fullmatch(number) or not number[-1].isdecimal():
        return None
    return _Apart(number, _THOUSAND[unit], is_negative, currency, tax)


def _decimal_sign(number: str) -> tuple[str | None, bool]:
    """Give what may part the decimals, and whether it cannot be anything else."""
    comma, point = number.rfind(","), number.rfind(".")
    if comma < 0 and point < 0:
        return None, True
    if comma >= 0 and point >= 0:
        return ("," if comma > point else "."), True
    sign = "," if comma >= 0 else "."
    if number.count(sign) > 1:
        return None, True  # 1.234.567: they part thousands
    whole, _sign, rest = number.partition(sign)
    is_spaced = " " in whole or "'" in whole
    digits = whole.strip()
    is_decimal = len(rest) != _GROUP or is_spaced or len(digits) > _GROUP or digits.startswith("0")
    return sign, is_decimal


def _value(number: str, decimal: str | None) -> Decimal | None:
    whole, rest = number, ""
    if decimal is not None:
        whole, _sign, rest = number.rpartition(decimal)
    if not rest.isdecimal() and rest:
        return None
    if " " in whole or "'" in whole:
        if not _SPACED.fullmatch(whole) or "," in whole or "." in whole:
            return None
        whole = whole.replace(" ", "").replace("'", "")
    for sign in (",", "."):
        if sign in whole:
            if not _GROUPED[sign].fullmatch(whole):
                return None
            whole = whole.replace(sign, "")
    if not whole.isdecimal():
        return None
    return Decimal(f"{whole}.{rest}" if rest else whole)
