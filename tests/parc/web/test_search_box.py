"""What the search box finds beside assets."""

from __future__ import annotations

import re

import pytest

from parc.extensions import transaction
from parc.models import LifecycleState, Location, LocationKind, MovementKind, Role
from parc.naming import movement_number
from parc.services.actor import SYSTEM
from parc.services.asset_search import refresh_search_texts
from parc.services.movement_kinds import Order
from parc.services.movements import apply, cancel
from parc.services.people import PersonDraft, save_person
from tests.conftest import SOME_MOMENT
from tests.factories import SOME_PERSON, make_asset
from tests.web import Browser

TODAY = SOME_MOMENT.date()


@pytest.mark.parametrize("address", ["/assets?q={}", "/assets/suggest?q={}"])
def test_people_and_places_are_found_without_accents(administrator: Browser, address: str) -> None:
    with transaction() as session:
        site = Location(kind=LocationKind.SITE, name="Besançon")
        session.add(site)
        session.flush()
        room = Location(kind=LocationKind.ROOM, name="Salle Élysée", parent_id=site.id)
        session.add(room)
        session.flush()
        room_id = room.id
        draft = PersonDraft(name="Zoé Élyotte")
        person_id = save_person(session, SYSTEM, draft, at=SOME_MOMENT).id
    reader = Browser(administrator.app, Role.READ_ONLY)
    page = reader.get(address.format("ely")).text
    assert f'href="/people/{person_id}"' in page
    assert f'href="/places/{room_id}"' in page
    assert f'href="/places/{room_id}"' in reader.get(address.format("besancon+elysee")).text
    assert f'href="/places/{room_id}"' not in reader.get(address.format("besancon")).text


def test_movements_are_found_by_number_asset_person_and_what_was_said(
    administrator: Browser,
) -> None:
    with transaction() as session:
        zoe = save_person(session, SYSTEM, PersonDraft(name="Zoé Élyotte"), at=SOME_MOMENT).id
        pc = make_asset(session, name="pc", asset_tag="T1", lifecycle_state=LifecycleState.IN_STOCK)
        other = make_asset(session, name="other", asset_tag="T2")
        refresh_search_texts(session, [pc.id, other.id])
        lent, broken = (
            apply(session, SOME_PERSON, asset.id, order, at=SOME_MOMENT).id
            for asset, order in (
                (pc, Order(MovementKind.ASSIGNMENT, TODAY, person_id=zoe, texts={})),
                (other, Order(MovementKind.SEND_TO_REPAIR, TODAY, texts={"reason": "Écran fêlé"})),
            )
        )
    found = {
        text: re.findall(r'data-row="\d+".*?href="/movements/(\d+)"', "")
        or set(map(int, re.findall(r'href="/movements/(\d+)"', page)))
        for text in ("ELYOTTE", "ecran fele", "fele T2", "T1", f"m{broken}", "fele elyotte")
        if (page := administrator.get(f"/movements?q={text}").text)
    }
    assert found["ELYOTTE"] == {lent}
    assert found["ecran fele"] == found["fele T2"] == found[f"m{broken}"] == {broken}
    assert lent in found["T1"]
    assert broken not in found["T1"]
    assert found["fele elyotte"] == set()
    hits = administrator.get("/assets/suggest?q=fele").text
    assert f'href="/movements/{broken}"' in hits
    assert movement_number(broken) in hits
    assert f'href="/movements/{lent}"' not in hits
    number = administrator.get(f"/assets?q={movement_number(broken)}")
    assert number.headers["Location"] == f"/movements/{broken}"
    assert administrator.get("/assets?q=M-999999").status_code == 200
    page = administrator.get("/assets?q=elyotte").text
    for name in ("people", "movements"):
        assert re.search(rf'href="/{name}\?q=elyotte">\w+ <span class="count">1</span>', page)
    with transaction() as session:
        cancel(session, SOME_PERSON, broken, reason="Mauvaise machine", at=SOME_MOMENT)
    assert f'href="/movements/{broken}"' in administrator.get("/movements?q=mauvaise").text


@pytest.mark.parametrize("address", ["/assets", "/assets/suggest"])
def test_category_is_found_in_one_or_in_many(administrator: Browser, address: str) -> None:
    for text in ("printer", "Printers", "PRINT"):
        assert "/assets?category=printer" in administrator.get(f"{address}?q={text}").text
    assert "?category=" not in administrator.get(f"{address}?q=s").text
