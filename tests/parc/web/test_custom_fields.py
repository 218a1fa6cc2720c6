"""Fields of one's own: definitions, the form and the sheet, lists, files, search, merge."""

from __future__ import annotations

from collections.abc import Mapping

import sqlalchemy as sa

from parc.extensions import reading, transaction
from parc.models import (
    Asset,
    AuditEntry,
    ChangeSet,
    ChangeSetKind,
    CustomValue,
    Location,
    LocationKind,
    Movement,
    Role,
)
from parc.queries.search import matching_ids
from parc.reconcile.merging import merge_assets
from parc.reconcile.movement_invariants import examine_movements
from parc.services.actor import SYSTEM
from parc.services.custom_fields import save_field
from parc.services.custom_values import PREFIX
from tests.conftest import SOME_MOMENT
from tests.factories import make_asset
from tests.web import Browser


def add_field(key: str = "colour", **values: str | bool) -> int:
    """Add a field as an administrator does."""
    given: dict[str, str | bool] = {
        "key": key,
        "label_en": key.capitalize(),
        "label_fr": f"{key} (fr)",
        "type": "text",
        "is_listed": True,
        **values,
    }
    with transaction() as session:
        return save_field(session, SYSTEM, None, given, at=SOME_MOMENT).id


def add_asset() -> int:
    with transaction() as session:
        return make_asset(session).id


def send(browser: Browser, asset_id: int, **values: str) -> int:
    """Send the form of an asset with values of fields by key; give the status."""
    return send_with(browser, asset_id, {}, values)


def send_with(
    browser: Browser, asset_id: int, plain: Mapping[str, str], own: Mapping[str, str]
) -> int:
    """Send the form with values of Parc's fields and of one's own."""
    with reading() as session:
        asset = session.get_one(Asset, asset_id)
        sent = {"name": asset.name, "category": asset.category.value, "asset_tag": asset.asset_tag}
        sent["version"] = str(asset.version)
    sent |= {PREFIX + key: value for key, value in own.items()} | dict(plain)
    return browser.post(f"/assets/{asset_id}/edit", data=sent).status_code


def held(asset_id: int) -> list[str]:
    with reading() as session:
        query = sa.select(CustomValue.value).where(CustomValue.asset_id == asset_id)
        return list(session.scalars(query.order_by(CustomValue.field_id)))


def test_field_is_added_on_its_page_in_the_words_of_both_languages(administrator: Browser) -> None:
    assert "There is no field of our own yet." in administrator.get("/custom-fields").text
    sent = {"key": "cost", "label_en": "Cost centre", "label_fr": "Centre de coûts", "type": "text"}
    assert administrator.post("/custom-fields/new", data=sent).status_code == 302
    assert "Cost centre" in administrator.get("/custom-fields").text
    answer = administrator.post("/custom-fields/new", data=sent)
    assert answer.status_code == 422
    assert "This is taken already: cost." in answer.text


def test_values_of_every_type_are_read_as_they_are_meant(administrator: Browser) -> None:
    for kind in ("text", "number", "date", "yes_no", "link"):
        add_field(f"a_{kind}", type=kind)
    add_field("a_choice", type="choice", choices="Red\nGreen")
    asset_id = add_asset()
    typed = {
        "a_text": " Alpha  é ",
        "a_number": "-1 234,50",
        "a_date": "22/11/2026",
        "a_yes_no": "oui",
        "a_link": "https://example.org/x",
        "a_choice": "red",
    }
    assert send(administrator, asset_id, **typed) == 302
    expected = ["Alpha é", "-1234.5", "2026-11-22", "yes", "https://example.org/x", "Red"]
    assert held(asset_id) == expected
    page = administrator.get(f"/assets/{asset_id}").text
    assert "22 Nov 2026" in page
    assert 'href="https://example.org/x"' in page
    wrong = {"a_number": "1e9", "a_date": "32/11/2026", "a_yes_no": "maybe", "a_choice": "Blue"}
    wrong["a_link"] = "javascript:alert(1)"
    assert send(administrator, asset_id, **wrong) == 422
    assert held(asset_id) == expected


def test_value_is_in_history_search_list_and_files(administrator: Browser) -> None:
    field_id = add_field()
    asset_id = add_asset()
    assert send(administrator, asset_id, colour="Écarlate") == 302
    assert send(administrator, asset_id, colour="Vermillon") == 302
    with reading() as session:
        changes = session.scalars(sa.select(AuditEntry.changes).order_by(AuditEntry.id)).all()
        assert [one["custom/colour"] for one in changes if "custom/colour" in one] == [
            [None, "Écarlate"],
            ["Écarlate", "Vermillon"],
        ]
        assert matching_ids(session, "vermillon", 5) == [asset_id]
        assert matching_ids(session, "ecarlate", 5) == []
    assert "Vermillon" in administrator.get(f"/assets/{asset_id}/history").text
    assert 'data-label="Colour"' in administrator.get("/assets").text
    file = administrator.get("/assets/export.csv").text
    assert file.splitlines()[0].endswith("Colour")
    assert "Vermillon" in file
    assert administrator.post(f"/custom-fields/{field_id}/delete", data={}).status_code == 302
    assert "Vermillon" not in administrator.get(f"/assets/{asset_id}").text
    assert administrator.post(f"/custom-fields/{field_id}/restore", data={}).status_code == 302
    assert "Vermillon" in administrator.get(f"/assets/{asset_id}").text


def test_needed_unique_and_foreign_fields_are_refused_with_the_cause(
    administrator: Browser,
) -> None:
    add_field("needed", is_required=True)
    add_field("number", is_unique=True)
    add_field("of_printers", category="printer")
    first, second = add_asset(), add_asset()
    assert send(administrator, first, number="7") == 422, "the needed one is not there"
    assert send(administrator, first, needed="x", number="Seven") == 302
    assert send(administrator, second, needed="x", number="SEVEN") == 422
    assert send(administrator, second, needed="x", of_printers="A4") == 422
    assert held(second) == []


def test_field_with_values_keeps_its_type_and_its_choices(administrator: Browser) -> None:
    field_id = add_field("size", type="choice", choices="S\nM")
    asset_id = add_asset()
    assert send(administrator, asset_id, size="S") == 302
    sent = {"key": "size", "label_en": "Size", "label_fr": "Taille", "type": "choice"}
    url = f"/custom-fields/{field_id}/edit"
    assert administrator.post(url, data=sent | {"choices": "M\nL"}).status_code == 422
    assert administrator.post(url, data=sent | {"type": "text"}).status_code == 422
    assert administrator.post(url, data=sent | {"choices": "S\nL"}).status_code == 302


def test_order_changes_by_one_place_and_ends_stay(administrator: Browser) -> None:
    first = add_field("first")
    second = add_field("second")
    administrator.post(f"/custom-fields/{second}/move", data={"way": "up"})
    administrator.post(f"/custom-fields/{second}/move", data={"way": "up"})
    page = administrator.get("/custom-fields").text
    assert page.index(f"/{second}/edit") < page.index(f"/{first}/edit")
    administrator.post(f"/custom-fields/{first}/delete", data={})
    assert f"/{first}/edit" not in administrator.get("/custom-fields").text


def test_merge_keeps_values_of_both_and_tells_what_is_lost(administrator: Browser) -> None:
    add_field("one")
    add_field("two")
    stays, goes = add_asset(), add_asset()
    assert send(administrator, stays, one="stays") == 302
    assert send(administrator, goes, one="goes", two="follows") == 302
    with transaction() as session:
        merge_assets(session, SYSTEM, stays, goes, taken=frozenset(), at=SOME_MOMENT)
    assert held(stays) == ["stays", "follows"]
    with reading() as session:
        entry = session.scalars(
            sa.select(AuditEntry).where(AuditEntry.action == "merged_away")
        ).one()
        assert entry.changes["custom/one"] == ["goes", None]


def test_only_administrators_change_fields(administrator: Browser) -> None:
    manager = Browser(administrator.app, Role.MANAGER)
    assert manager.get("/custom-fields").status_code == 404
    assert manager.post("/custom-fields/new", data={"key": "x"}).status_code == 404


def test_many_are_edited_on_the_page_after_a_look_at_the_plan(administrator: Browser) -> None:
    add_field("colour", type="choice", choices="Red\nBlue")
    add_field("number", is_unique=True)
    ids = [add_asset(), add_asset()]
    chosen = {"chosen": ",".join(map(str, ids))}
    form = administrator.post("/assets/bulk-edit", data=chosen).text
    assert 'name="custom/colour"' in form
    assert 'name="custom/number"' not in form
    sent = chosen | {"step": "preview", PREFIX + "colour": "Blue"}
    plan = administrator.post("/assets/bulk-edit", data=sent).text
    assert "2 assets would change." in plan
    assert "Colour" in plan
    sent |= {"is_confirmed": "1"}
    assert administrator.post("/assets/bulk-edit", data=sent).status_code == 302
    assert held(ids[0]) == held(ids[1]) == ["Blue"]


def names_in(page: str, *names: str) -> list[str]:
    """Those of the names that stand in a page, in its order."""
    return sorted(
        (name for name in names if f">{name}<" in page), key=lambda n: page.index(f">{n}<")
    )


def test_list_is_sorted_and_filtered_by_a_field_of_every_type(administrator: Browser) -> None:
    size = add_field("size", type="number")
    colour = add_field("colour", type="choice", choices="Red\nBlue")
    with transaction() as session:
        ids = [make_asset(session, name=name).id for name in ("ten", "nine", "none", "minus")]
    for asset_id, number in zip(ids, ("10", "9", "", "-3"), strict=True):
        assert send(administrator, asset_id, size=number, colour="Red" if number else "") == 302
    names = ("ten", "nine", "none", "minus")
    rising = administrator.get(f"/assets?sort=custom/{size}").text
    assert names_in(rising, *names) == ["minus", "nine", "ten", "none"]
    falling = administrator.get(f"/assets?sort=-custom/{size}&size=25").text
    assert names_in(falling, *names) == ["ten", "nine", "minus", "none"]
    assert names_in(administrator.get(f"/assets?custom/{size}=9,0").text, *names) == ["nine"]
    red = administrator.get(f"/assets?custom/{colour}=Red&sort=custom/{size}").text
    assert names_in(red, *names) == ["minus", "nine", "ten"]
    assert "Colour: Red" in red
    assert "Colour" in administrator.get("/assets").text
    assert administrator.get(f"/assets?custom/{size}=many").status_code == 422
    assert administrator.get("/assets?custom/999=1").status_code == 422
    file = administrator.get(f"/assets/export.csv?custom/{size}=9").text
    assert [line.split(",")[0] for line in file.splitlines()[1:]] == ["nine"]


def test_a_single_edit_is_a_change_that_is_undone_with_own_fields_and_place(
    administrator: Browser,
) -> None:
    add_field("colour")
    asset_id = add_asset()
    assert send(administrator, asset_id, colour="Red") == 302
    with transaction() as session:
        room = Location(kind=LocationKind.SITE, name="Lyon")
        session.add(room)
        session.flush()
        room_id = room.id
    before = _edited(asset_id)
    typed = {"location_id": str(room_id), "notes": "moved"}
    assert send_with(administrator, asset_id, typed, {"colour": "Blue"}) == 302
    assert _edited(asset_id) == (["Blue"], room_id, "moved", 2)
    changes = administrator.get("/changes?kind=edit").text
    assert "edited" in changes
    with reading() as session:
        act = session.scalars(sa.select(ChangeSet.id).order_by(ChangeSet.id.desc())).first()
    history = administrator.get(f"/assets/{asset_id}/history").text
    assert f"/changes/{act}" in history
    assert administrator.post(f"/changes/{act}/undo", data={"reason": "x"}).status_code == 302
    assert _edited(asset_id) == before
    with reading() as session:
        assert examine_movements(session) == []
    assert send(administrator, asset_id, colour="Red") == 302
    with reading() as session:
        latest = session.scalars(sa.select(ChangeSet.kind).order_by(ChangeSet.id.desc())).first()
    assert latest is ChangeSetKind.UNDO  # saving it as it is leaves no change


def _edited(asset_id: int) -> tuple[list[str], int | None, str | None, int]:
    """Give own values, place and notes of an asset, and how many movements it has."""
    with reading() as session:
        asset = session.get_one(Asset, asset_id)
        count = sa.select(sa.func.count()).where(Movement.asset_id == asset_id)
        moved = session.scalar(count) or 0
        return held(asset_id), asset.location_id, asset.notes, moved


def test_list_is_filtered_from_and_to_a_number_and_a_day(administrator: Browser) -> None:
    size, day = add_field("size", type="number"), add_field("day", type="date")
    names = ("ten", "nine", "none", "minus")
    with transaction() as session:
        ids = [make_asset(session, name=name).id for name in names]
    days = ("2026-02-28", "2026-03-01", "", "2025-12-31")
    for asset_id, number, on in zip(ids, ("10", "9.5", "", "-3"), days, strict=True):
        assert send(administrator, asset_id, size=number, day=on) == 302
    for query, expected in {
        f"custom/{size}/from=9,5": ["nine", "ten"],
        f"custom/{size}/to=9.5": ["minus", "nine"],
        f"custom/{size}/from=-3&custom/{size}/to=0": ["minus"],
        f"custom/{size}/from=11": [],
        f"custom/{day}/from=2026-01-01&custom/{day}/to=2026-02-28": ["ten"],
        f"custom/{day}/to=01/03/2026&custom/{size}/from=9": ["nine", "ten"],
    }.items():
        page = administrator.get(f"/assets?sort=custom/{size}&{query}").text
        assert names_in(page, *names) == expected, query
    assert "up to 9.5" in administrator.get(f"/assets?custom/{size}/to=9,5").text
    assert 'type="date"' in page
    assert administrator.get(f"/assets?custom/{size}/from=many").status_code == 422
    assert administrator.get("/assets?custom/999/from=1").status_code == 422
    file = administrator.get(f"/assets/export.csv?custom/{size}/from=10").text
    assert [line.split(",")[0] for line in file.splitlines()[1:]] == ["ten"]
    chosen = {"all": "1", "filters": f"/assets?custom/{size}/from=10", "step": "preview"}
    plan = administrator.post("/assets/bulk-edit", data=chosen | {"notes": "seen"}).text
    assert f'name="chosen" value="{ids[0]}"' in plan
    assert f'name="chosen" value="{ids[1]}"' not in plan


def test_all_that_a_field_of_ones_own_filters_is_edited_and_nothing_else(
    administrator: Browser,
) -> None:
    field_id = add_field("colour", type="choice", choices="Red\nBlue")
    red, other = add_asset(), add_asset()
    assert send(administrator, red, colour="Red") == 302
    chosen = {"all": "1", "filters": f"/assets?custom/{field_id}=Red", "step": "preview"}
    plan = administrator.post("/assets/bulk-edit", data=chosen | {"notes": "seen"}).text
    assert f'name="chosen" value="{red}"' in plan
    assert other
    sheet = administrator.get(f"/assets/{red}").text
    assert f"custom/{field_id}=Red" in sheet or f"custom%2F{field_id}=Red" in sheet
