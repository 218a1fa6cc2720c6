"""What the demo's database starts with: an administrator, credentials, scheduled ranges.

A range that is swept every few minutes is due at once, so the first sweep needs no request.
"""

from __future__ import annotations

from datetime import datetime

from sqlalchemy.orm import Session

from collectors.credentials import SnmpVersion
from parc.demo.fill import fill
from parc.demo.network import COMMUNITY, DemoNetwork, DemoRange
from parc.demo.organisation import Organisation
from parc.demo.papers import write_papers
from parc.models import Role, ScheduleKind
from parc.queries.users import find_user
from parc.secret_box import SecretBox
from parc.services.actor import SYSTEM, Actor
from parc.services.credentials import CredentialDraft, save_credential
from parc.services.document_store import DocumentStore
from parc.services.range_drafts import RangeDraft
from parc.services.ranges import save_range
from parc.services.sign_in import make_link
from parc.services.users import UserInput, add_user

LOGIN = "demo"
# In the order in which they are tried; the second is for devices that know nothing newer.
_CREDENTIALS = {"SNMP v2c, lecture": SnmpVersion.V2C, "SNMP v1, lecture": SnmpVersion.V1}
_EVERY_MINUTES = 5
_NAMES = {"fr": "Administrateur de démonstration", "en": "Demo administrator"}


def prepare(  # noqa: PLR0913 -- what the demo is made of
    session: Session,
    box: SecretBox,
    network: DemoNetwork,
    organisation: Organisation | None = None,
    *,
    port: int,
    now: datetime,
    language: str = "fr",
    store: DocumentStore | None = None,
) -> str:
    """Fill an empty database, leave a used one as it is; give the token of a one-time link.

    Args:
        session: of the transaction that writes.
        box: seals the community.
        network: what is swept.
        organisation: whose people hold what, if anything beside the network is wanted.
        port: of the simulated network, noted in the credentials.
        now: the present moment.
        language: of what is named here.
        store: where the documents of contracts go, if any are wanted.
    """
    person = find_user(session, LOGIN)
    if person is not None:
        return make_link(session, SYSTEM, person.id, now)
    entered = UserInput(LOGIN, _NAMES[language], Role.ADMINISTRATOR.value)
    user = add_user(session, SYSTEM, entered, None, now)
    for name, version in _CREDENTIALS.items():
        draft = CredentialDraft(name=name, version=version, port=str(port), community=COMMUNITY)
        save_credential(session, SYSTEM, box, draft, now=now)
    for demo_range in network.ranges:
        save_range(session, SYSTEM, _draft(demo_range), now=now)
    if organisation is not None:
        actor = Actor(user.display_name, user.role, user.id)
        fill(session, actor, organisation, language=language, now=now)
        if store is not None:
            write_papers(session, actor, store, language=language, now=now)
    return make_link(session, SYSTEM, user.id, now)


def _draft(demo_range: DemoRange) -> RangeDraft:
    return RangeDraft(
        name=demo_range.name,
        include=demo_range.include,
        site=demo_range.site,
        schedule_kind=ScheduleKind.INTERVAL,
        every_minutes=str(_EVERY_MINUTES),
        credentials=tuple(_CREDENTIALS),
    )
