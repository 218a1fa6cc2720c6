"""What the search box finds beside assets."""

from __future__ import annotations

import pytest

from parc.extensions import transaction
from parc.models import Location, LocationKind, Role
from parc.services.actor import SYSTEM
from parc.services.people import PersonDraft, save_person
from tests.conftest import SOME_MOMENT
from tests.web import Browser


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
