"""What machines say otherwise, of all assets: the list, its files, and the filter of assets."""

from __future__ import annotations

import csv
import io
from datetime import timedelta

import pytest

from parc.extensions import transaction
from parc.models import Difference, ValueSource
from tests.conftest import SOME_MOMENT
from tests.factories import make_asset
from tests.web import Browser


def _world() -> None:
    """Make an asset with two differences, one whose value is kept, and one without any."""
    with transaction() as session:
        alpha, beta, _gamma = (
            make_asset(session, name=name, search_text=name) for name in ("alpha", "beta", "gamma")
        )
        session.add_all(
            Difference(
                asset_id=asset.id, field=field, seen_value=seen, source=source, is_kept=is_kept,
                since=SOME_MOMENT + timedelta(days=days),
            )
            for days, (asset, field, seen, source, is_kept) in enumerate(
                (
                    (alpha, "name", "=seen", ValueSource.SNMP, False),
                    (alpha, "category", "printer", ValueSource.AGENT, False),
                    (beta, "name", "other", ValueSource.SNMP, True),
                )
            )
        )  # fmt: skip


def test_list_says_so_while_there_is_none(administrator: Browser) -> None:
    assert "Machines and people agree." in administrator.get("/differences").text


@pytest.mark.parametrize(
    ("query", "seen"),
    [
        ("", ["Printer", "'=seen"]),
        ("?sort=field", ["Printer", "'=seen"]),
        ("?kept=all", ["other", "Printer", "'=seen"]),
        ("?field=name", ["'=seen"]),
        ("?source=agent", ["Printer"]),
        ("?q=alph&source=snmp", ["'=seen"]),
        ("?q=beta", []),
    ],
)
def test_list_and_file_hold_what_is_asked_for(
    administrator: Browser, query: str, seen: list[str]
) -> None:
    _world()
    page = administrator.get(f"/differences{query}").text
    assert all(value.removeprefix("'") in page for value in seen)
    assert ("beta" in page) == ("other" in seen or "beta" in query)
    text = administrator.get(f"/differences/export.csv{query}").text
    rows = list(csv.DictReader(io.StringIO(text)))
    assert [row["Seen value"] for row in rows] == seen


def test_file_tells_what_stands_who_set_it_and_since_when_it_is_seen(
    administrator: Browser,
) -> None:
    _world()
    text = administrator.get("/differences/export.csv?field=category").text
    (row,) = csv.DictReader(io.StringIO(text))
    since = f"{SOME_MOMENT + timedelta(days=1):%Y-%m-%dT%H:%M:%SZ}"
    assert (row["Name"], row["Field"], row["Value that stands"]) == ("alpha", "Category", "Switch")
    assert (row["Set by"], row["Source"], row["Since"], row["Kept"]) == (
        "By hand", "Agent", since, "",
    )  # fmt: skip
    assert administrator.get("/differences/export.xlsx").data[:2] == b"PK"
    assert administrator.get("/differences?field=spoon").status_code == 422
    assert administrator.get("/differences?source=spoon").status_code == 422


def test_assets_with_differences_are_filtered_and_counted_in_their_list(
    administrator: Browser,
) -> None:
    _world()
    page = administrator.get("/assets?differences=open").text
    assert "alpha" in page
    assert "gamma" not in page
    assert "A machine says otherwise" in administrator.get("/assets").text
    administrator.post("/assets/columns", {"column": "differences"})
    text = administrator.get("/assets/export.csv").text
    counts = {row["Name"]: row["Differences"] for row in csv.DictReader(io.StringIO(text))}
    assert (counts["alpha"], counts["beta"]) == ("2", "")
    assert administrator.get("/assets?differences=spoon").status_code == 422
