"""Cells as people write them: one table for each trait that files of licences have."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from decimal import Decimal

import pytest

from parc.importers.formats.amounts import (
    Amount,
    AmountColumn,
    DecimalSign,
    Tax,
    read_amount,
)
from parc.importers.formats.cells import Said, Unreadable
from parc.importers.formats.dates import DateColumn, DateOrder, read_date
from parc.importers.formats.quantities import Quantity, read_months, read_quantity
from parc.importers.formats.words import (
    read_boolean,
    read_keys,
    read_serial,
    read_text,
    read_word,
)
from parc.importers.kinds.licences import METRICS, TYPES
from parc.importers.rows import NO_VALUE, number_text

_DAY = date(2022, 3, 12)
_ORDERS = {"day": DateOrder.DAY_FIRST, "month": DateOrder.MONTH_FIRST}


@pytest.mark.parametrize(
    ("text", "order", "read"),
    [
        ("12/03/2022", "day", _DAY),
        ("12/3/2022", "day", _DAY),
        ("03/12/2022", "month", _DAY),
        ("11/24/2008", "month", date(2008, 11, 24)),
        ("2022-03-12", "month", _DAY),
        ("2022/03/12", "day", _DAY),
        ("2022-03-12T08:00:00Z", "day", _DAY),
        ("2022-03-12 08:00:00.000", "day", _DAY),
        ("12/03/2022 00:00", "day", _DAY),
        ("3/12/2022 8:00:00 AM", "month", _DAY),
        ("20220312", "day", _DAY),
        ("12.03.22", "day", _DAY),
        ("Mar 14 Janv. 2025", "day", date(2025, 1, 14)),
        ("mar. 2022", "day", date(2022, 3, 1)),
        ("12-03-99", "day", date(1999, 3, 12)),
        ("12 mars 2022", "day", _DAY),
        ("samedi 12 mars 2022", "day", _DAY),
        ("Saturday, March 12, 2022", "day", _DAY),
        ("1er février 2022", "day", date(2022, 2, 1)),
        ("12-mars-22", "day", _DAY),
        ("12 déc. 2022", "day", date(2022, 12, 12)),
        ("Mar 12, 2022", "day", _DAY),
        ("12th March 2022", "day", _DAY),
        ("mars 2022", "day", date(2022, 3, 1)),
        ("Août 2022", "day", date(2022, 8, 1)),
        ("mars 22", "day", date(2022, 3, 1)),
        ("03/2022", "day", date(2022, 3, 1)),
        ("44632", "day", _DAY),
        ("44632,5", "day", _DAY),
        ("31/12/9999", "day", Said.NEVER),
        ("9999-12-31", "day", Said.NEVER),
        ("perpétuelle", "day", Said.NEVER),
        ("Illimitée", "day", Said.NEVER),
        ("N\u2019expire jamais", "day", Said.NEVER),
        ("", "day", Said.BLANK),
        ("-", "day", Said.BLANK),
        ("N/A", "day", Said.BLANK),
        ("00/00/0000", "day", Said.BLANK),
        ("0000-00-00 00:00:00", "day", Said.BLANK),
        ("0", "day", Said.BLANK),
        ("31/02/2022", "day", Unreadable("no_such_day", "31/02/2022")),
        ("11/24/2008", "day", Unreadable("no_such_day", "11/24/2008")),
        ("0 mars 2022", "day", Unreadable("no_such_day", "0 mars 2022")),
        ("March 0, 2022", "day", Unreadable("no_such_day", "March 0, 2022")),
        ("13/2022", "day", Unreadable("no_such_day", "13/2022")),
        ("01/01/1970", "day", Unreadable("date_implausible", "01/01/1970")),
        ("12/03/1870", "day", Unreadable("date_implausible", "12/03/1870")),
        ("12345", "day", Unreadable("not_a_date", "12345")),
        ("99999", "day", Unreadable("not_a_date", "99999")),
        ("2022", "day", Unreadable("not_a_date", "2022")),
        ("jui 2022", "day", Unreadable("not_a_date", "jui 2022")),
        ("12 foo 2022", "day", Unreadable("not_a_date", "12 foo 2022")),
        ("foo 12, 2022", "day", Unreadable("not_a_date", "foo 12, 2022")),
        ("bientôt", "day", Unreadable("not_a_date", "bientôt")),
        (f"{NO_VALUE}=TODAY()", "day", Unreadable("formula", "=TODAY()")),
        (f"{NO_VALUE}#REF!", "day", Unreadable("error_of_sheet", "#REF!")),
    ],
)
def test_date_is_read(text: str, order: str, read: object) -> None:
    assert read_date(text, _ORDERS[order]) == read


def test_month_alone_ends_on_its_last_day() -> None:
    assert read_date("février 2024", DateOrder.DAY_FIRST, is_end=True) == date(2024, 2, 29)
    assert read_date("12/03/2022", DateOrder.DAY_FIRST, is_end=True) == _DAY


@pytest.mark.parametrize(
    ("cells", "order", "is_assumed", "is_mixed"),
    [
        (["01/02/2022", "13/02/2022"], DateOrder.DAY_FIRST, False, False),
        (["01/02/2022", "02/13/2022"], DateOrder.MONTH_FIRST, False, False),
        (["01/02/2022", "02/03/2022"], DateOrder.DAY_FIRST, True, False),
        (["01/01/2022", "mars 2022", "44632", ""], DateOrder.DAY_FIRST, False, False),
        (["13/02/2022", "02/13/2022"], DateOrder.DAY_FIRST, False, True),
    ],
)
def test_order_is_settled_from_all_cells_of_a_column(
    cells: Sequence[str], order: DateOrder, *, is_assumed: bool, is_mixed: bool
) -> None:
    column = DateColumn()
    for cell in cells:
        column.add(cell)

    assert (column.order, column.is_assumed, column.is_mixed) == (order, is_assumed, is_mixed)


def test_months_and_numbers_among_dates_are_counted() -> None:
    column = DateColumn()
    for cell in ("mars 2022", "03/2022", "44632", "12 mars 2022"):
        column.add(cell)

    assert (column.months, column.serials) == (2, 1)


def test_column_of_both_orders_gives_only_what_is_certain() -> None:
    assert read_date("13/02/2022", DateOrder.DAY_FIRST, is_mixed=True) == date(2022, 2, 13)
    assert read_date("02/13/2022", DateOrder.DAY_FIRST, is_mixed=True) == date(2022, 2, 13)
    assert read_date("02/02/2022", DateOrder.DAY_FIRST, is_mixed=True) == date(2022, 2, 2)
    assert read_date("01/02/2022", DateOrder.DAY_FIRST, is_mixed=True) == Unreadable(
        "date_ambiguous", "01/02/2022"
    )


_COMMA, _POINT = DecimalSign.COMMA, DecimalSign.POINT


@pytest.mark.parametrize(
    ("text", "sign", "read"),
    [
        ("1 234,56 €", _COMMA, Amount(Decimal("1234.56"), "EUR")),
        ("1\u00a0234,56\u00a0€", _COMMA, Amount(Decimal("1234.56"), "EUR")),
        ("1\u202f234,56\u202f€", _COMMA, Amount(Decimal("1234.56"), "EUR")),
        ("1.234,56", _COMMA, Amount(Decimal("1234.56"))),
        ("1,234.56", _COMMA, Amount(Decimal("1234.56"))),
        ("1'234.50 CHF", _POINT, Amount(Decimal("1234.50"), "CHF")),
        ("12,5 k€", _COMMA, Amount(Decimal(12500), "EUR")),
        ("1,2 M€", _COMMA, Amount(Decimal(1200000), "EUR")),
        ("$12.58", _POINT, Amount(Decimal("12.58"), "USD")),
        ("$12.58", _COMMA, Amount(Decimal("12.58"), "USD")),
        ("EUR 12", _COMMA, Amount(Decimal(12), "EUR")),
        ("12€50", _COMMA, Amount(Decimal("12.50"), "EUR")),
        ("1 012 € 50", _COMMA, Amount(Decimal("1012.50"), "EUR")),
        ("Offert", _COMMA, Amount(Decimal(0))),
        ("12 euros", _COMMA, Amount(Decimal(12), "EUR")),
        ("120,00 € HT", _COMMA, Amount(Decimal("120.00"), "EUR", Tax.EXCLUDED)),
        ("120,00 € TTC", _COMMA, Amount(Decimal("120.00"), "EUR", Tax.INCLUDED)),
        ("120 H.T.", _COMMA, Amount(Decimal(120), None, Tax.EXCLUDED)),
        ("1.234", _COMMA, Amount(Decimal(1234))),
        ("1.234", _POINT, Amount(Decimal("1.234"))),
        ("1,234", _COMMA, Amount(Decimal("1.234"))),
        ("1,234", _POINT, Amount(Decimal(1234))),
        ("0.125", _COMMA, Amount(Decimal("0.125"))),
        ("1234.567", _COMMA, Amount(Decimal("1234.567"))),
        ("1.234.567", _COMMA, Amount(Decimal(1234567))),
        ("-12,50", _COMMA, Amount(Decimal("-12.50"))),
        ("12,50-", _COMMA, Amount(Decimal("-12.50"))),
        ("(12,50)", _COMMA, Amount(Decimal("-12.50"))),
        ("0", _COMMA, Amount(Decimal(0))),
        ("-", _COMMA, Said.BLANK),
        ("- €", _COMMA, Said.BLANK),
        ("N/A", _COMMA, Said.BLANK),
        ("", _COMMA, Said.BLANK),
        ("12 34", _COMMA, Unreadable("not_an_amount", "12 34")),
        ("1.23.4", _COMMA, Unreadable("not_an_amount", "1.23.4")),
        ("1,2,3.5", _COMMA, Unreadable("not_an_amount", "1,2,3.5")),
        ("1.2 3,5", _COMMA, Unreadable("not_an_amount", "1.2 3,5")),
        ("12,5,", _COMMA, Unreadable("not_an_amount", "12,5,")),
        ("12,5 5", _COMMA, Unreadable("not_an_amount", "12,5 5")),
        ("sur devis", _COMMA, Unreadable("not_an_amount", "sur devis")),
        ("12 € / mois", _COMMA, Unreadable("not_an_amount", "12 € / mois")),
        ("9999999999999999", _COMMA, Unreadable("not_an_amount", "9999999999999999")),
        ("1" * 80, _COMMA, Unreadable("not_an_amount", "1" * 60)),
        (f"{NO_VALUE}=1+1", _COMMA, Unreadable("formula", "=1+1")),
    ],
)
def test_amount_is_read(text: str, sign: DecimalSign, read: object) -> None:
    assert read_amount(text, sign) == read


@pytest.mark.parametrize(
    ("cells", "sign", "is_assumed", "is_mixed"),
    [
        (["1.234", "12,50", "-"], _COMMA, False, False),
        (["1.234", "12.5"], _POINT, False, False),
        (["1.234", "12"], _COMMA, True, False),
        (["1,5", "1.5", "x"], _COMMA, False, True),
    ],
)
def test_decimal_sign_is_settled_from_all_cells_of_a_column(
    cells: Sequence[str], sign: DecimalSign, *, is_assumed: bool, is_mixed: bool
) -> None:
    column = AmountColumn()
    for cell in cells:
        column.add(cell)

    assert (column.sign(), column.is_assumed, column.is_mixed) == (sign, is_assumed, is_mixed)


def test_column_of_both_signs_gives_only_what_is_certain() -> None:
    assert read_amount("1.234", _COMMA, is_mixed=True) == Unreadable("amount_ambiguous", "1.234")
    assert read_amount("1.5", _COMMA, is_mixed=True) == Amount(Decimal("1.5"))


@pytest.mark.parametrize(
    ("text", "read"),
    [
        ("10", Quantity(10)),
        ("0", Quantity(0)),
        ("1 000", Quantity(1000)),
        ("10,00", Quantity(10)),
        ("10 postes", Quantity(10, "postes")),
        ("25 utilisateurs", Quantity(25, "utilisateurs")),
        ("illimité", Quantity(None)),
        ("Unlimited", Quantity(None)),
        ("-1", Quantity(None)),
        ("Site", Quantity(None, "site")),
        ("", Said.BLANK),
        ("N/A", Said.BLANK),
        ("10,5", Unreadable("not_a_quantity", "10,5")),
        ("-3", Unreadable("not_a_quantity", "-3")),
        ("dix", Unreadable("not_a_quantity", "dix")),
        ("999999999999", Unreadable("not_a_quantity", "999999999999")),
        ("9" * 6_000, Unreadable("not_a_quantity", "9" * 60)),
        ("000000000012", Quantity(12)),
        (f"{NO_VALUE}=1", Unreadable("formula", "=1")),
    ],
)
def test_quantity_is_read(text: str, read: object) -> None:
    assert read_quantity(text) == read


@pytest.mark.parametrize(
    ("text", "read"),
    [
        ("36", Quantity(36)),
        ("36 mois", Quantity(36)),
        ("3 ans", Quantity(36)),
        ("1 an", Quantity(12)),
        ("3 année(s)", Quantity(36)),
        ("2 years", Quantity(24)),
        ("illimitée", Quantity(None)),
        ("", Said.BLANK),
        ("90 jours", Unreadable("not_months", "90 jours")),
        ("bientôt", Unreadable("not_a_quantity", "bientôt")),
    ],
)
def test_length_of_time_is_read_in_months(text: str, read: object) -> None:
    assert read_months(text) == read


@pytest.mark.parametrize(
    ("texts", "read"),
    [
        ("true yes oui vrai x X 1 Oui TRUE", True),
        ("false no non faux 0 NON", False),
    ],
)
def test_boolean_is_read(texts: str, *, read: bool) -> None:
    assert {read_boolean(text) for text in texts.split()} == {read}
    assert read_boolean("") is Said.BLANK
    assert read_boolean("peut-être") == Unreadable("not_a_boolean", "peut-être")


@pytest.mark.parametrize("text", ["3.01043E+13", "3,01043E+13", "3E+13", "3.01043e+13"])
def test_serial_that_a_spreadsheet_has_cut_is_told(text: str) -> None:
    assert read_serial(text, 255) == Unreadable("mangled", text)
    assert read_keys(f"AAAA;{text}") == Unreadable("mangled", text)


def test_serial_is_read() -> None:
    assert read_serial(" CZC12345 ", 255) == "CZC12345"
    assert read_serial(number_text(30104300000000.0), 255) == "30104300000000"


@pytest.mark.parametrize(
    ("text", "keys"),
    [
        ("AAAAA-BBBBB-CCCCC", ("AAAAA-BBBBB-CCCCC",)),
        ("AAAAA-BBBBB-CCCCC\nDDDDD-EEEEE-FFFFF", ("AAAAA-BBBBB-CCCCC", "DDDDD-EEEEE-FFFFF")),
        ("AAAAA-BBBBB-CCCCC DDDDD-EEEEE-FFFFF", ("AAAAA-BBBBB-CCCCC", "DDDDD-EEEEE-FFFFF")),
        ("A1; B2,C3 | A1", ("A1", "B2", "C3")),
        ("A1 / B2/3", ("A1", "B2/3")),
        ("une clé avec blancs", ("une clé avec blancs",)),
    ],
)
def test_all_keys_of_a_cell_are_read(text: str, keys: tuple[str, ...]) -> None:
    assert read_keys(text) == keys


def test_cell_without_keys_is_blank_and_unprintable_ones_are_told() -> None:
    assert read_keys(" - ") is Said.BLANK
    assert read_keys(" ;; ") is Said.BLANK
    assert read_keys("A\x07B") == Unreadable("unprintable", "")
    assert read_keys(f"{NO_VALUE}=A1") == Unreadable("formula", "=A1")


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("OEM", "oem"),
        ("Boîte", "perpetual"),
        ("FPP", "perpetual"),
        ("MAK", "volume"),
        ("Abonnement", "subscription"),
        ("libre", "free"),
        ("Essai", "trial"),
        ("Volume (MAK)", "volume"),
        ("Perpétuelles", "perpetual"),
    ],
)
def test_type_is_read(text: str, value: str) -> None:
    assert read_word(text, TYPES) == value


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("Poste", "device"),
        ("Utilisateur", "named_user"),
        ("Concurrent", "concurrent"),
        ("Cœur", "core"),
        ("Processeur", "processor"),
        ("CAL", "cal"),
        ("Site", "site"),
        ("Périphérique", "device"),
        ("Réseau", "concurrent"),
        ("per machine", "device"),
    ],
)
def test_metric_is_read(text: str, value: str) -> None:
    assert read_word(text, METRICS) == value


def test_word_outside_its_set_is_told() -> None:
    assert read_word("n'importe quoi", TYPES) == Unreadable("unknown_word", "n'importe quoi")
    assert read_word("", TYPES) is Said.BLANK
    assert read_word(f"{NO_VALUE}#REF!", TYPES) == Unreadable("error_of_sheet", "#REF!")


def test_text_is_read_on_one_line_unless_it_is_long() -> None:
    assert read_text("a\n  b", 10) == "a b"
    assert read_text("a\n  b", 10, is_long=True) == "a\n  b"
    assert read_text("N/A", 10, is_long=True) == "N/A"
    assert read_text("N/A", 10) is Said.BLANK
    assert read_text("x" * 11, 10) == Unreadable("too_long", "10")
    assert read_text("a\x07", 10) == Unreadable("unprintable", "")
    assert read_text(f"{NO_VALUE}=x", 10) == Unreadable("formula", "=x")


def test_numbers_of_workbooks_cannot_be_mistaken() -> None:
    assert number_text(1.234) == "1.2340"
    assert number_text(12.5) == "12.5"
    assert number_text(5.0) == "5"
    assert number_text(3.01043e16) == "3.01043E+16"
    assert number_text(float("nan")) == f"{NO_VALUE}nan"
