"""One device through which two machines spoke becomes two devices.

The stored observations of the voices that leave are replayed into a device of their own, and what
is left is replayed into the old one; what neither tells, because its evidence is purged, stays.
The caller commits.
"""

from __future__ import annotations

import zlib
from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, Final

import sqlalchemy as sa
from sqlalchemy.orm import Session

from collectors.observation import Observation, from_json
from parc.errors import NotFoundError
from parc.models import (
    Agent,
    CategorySign,
    Device,
    DeviceStatus,
    Installation,
    MissedRow,
    Neighbor,
    StoredObservation,
    SwitchPort,
)
from parc.reconcile.known import ROW_COLUMNS, Table, Value
from parc.reconcile.load import INSTALLED_BY, MODELS, load_ignored
from parc.reconcile.policy import Policy
from parc.reconcile.replay import Replayed, ReplayedRow, replay
from parc.reconcile.told_sights import told_readings
from parc.reconcile.voices import Sight, Voice, voices_of
from parc.services.software_counts import note_presence, read_presence
from parc.services.software_titles import settle_titles
from parc.told_values import Heard, Words, read_heard, read_words, stored_heard, stored_words

# The latest observations of a device that a split looks at; an older one stays with the record.
MOST_OBSERVATIONS: Final = 1_000
# A run, or an inventory of none, and an address; an observation with its number, and whose it is.
_Place = tuple[int | None, int, str]
_Member = tuple[int, Observation, bool]
_LINKS: Final[tuple[type[Any], ...]] = (SwitchPort, Neighbor)


def read_voices(session: Session, device_id: int) -> list[Voice]:
    """Give who spoke through a device, the one that was heard last first."""
    return voices_of(_sights(session, device_id), load_ignored(session))


def divide_device(
    session: Session, device: Device, tokens: frozenset[str], policy: Policy, at: datetime
) -> Device:
    """Make a device of the voices that leave, and of the old one what the rest tells.

    Args:
        tokens: of the voices that leave.
        policy: by which the evidence is read again.

    Raises:
        NotFoundError: a half has no evidence.
    """
    leaving, staying = _Spoken(), _Spoken()
    for voice in read_voices(session, device.id):
        (leaving if voice.token in tokens else staying).sights.extend(voice.sights)
    ids = frozenset(number for sight in leaving.sights for number in sight.ids)
    ignored = load_ignored(session)
    theirs, ours = (replay(half.runs(), policy, ignored) for half in (leaving, staying))
    if theirs is None or ours is None:
        message = "a half has no evidence"
        raise NotFoundError(message)
    new = Device(
        **{name: _stored(value) for name, value in theirs.fields.items() if name != "reasons"},
        reasons=_stored(theirs.fields["reasons"]) or [],
        status=DeviceStatus.UNKNOWN,
        range_id=device.range_id,
        address=theirs.address,
        first_seen_at=theirs.first_seen_at,
        last_seen_at=theirs.last_seen_at,
        heard=stored_heard(theirs.heard),
        words=stored_words(theirs.words),
        absent_since=at if leaving.is_gone_before(staying) else device.absent_since,
    )
    if staying.is_gone_before(leaving):
        device.absent_since = device.absent_since or at
    present = read_presence(session, [device.id])
    session.add(new)
    session.flush()
    _keep_own_fields(device, ours, theirs)
    for table in Table:
        _divide_rows(session, table, (device, new), ours.rows[table], theirs.rows[table])
    _divide_signs(session, device, new, (ours, theirs))
    _count_missed(session, {device.id: ours, new.id: theirs})
    _move_evidence(session, ids, new.id)
    both = [device.id, new.id]
    settle_titles(session, both, at)
    note_presence(session, present, read_presence(session, both), at)
    return new


def _move_evidence(session: Session, ids: frozenset[int], device_id: int) -> None:
    """Let observations follow who said them, and the agents whose last inventory they are."""
    evidence = StoredObservation.id.in_(sorted(ids))
    for observation in session.scalars(sa.select(StoredObservation).where(evidence)):
        observation.device_id = device_id
    for agent in session.scalars(sa.select(Agent).where(Agent.observation_id.in_(sorted(ids)))):
        agent.device_id = device_id
    session.flush()


def _sights(session: Session, device_id: int) -> list[Sight]:
    """Give what was said of the device, address by address and run by run, the oldest first.

    What an agent says belongs to no run: each of its inventories is a sight of its own. What a
    controller told in a run is part of what its address said then.
    """
    kept = StoredObservation
    latest = (
        sa.select(kept.id)
        .where(kept.device_id == device_id)
        .order_by(kept.id.desc())
        .limit(MOST_OBSERVATIONS)
    )
    query = sa.select(kept.id, kept.run_id, kept.body).where(kept.id.in_(latest))
    spoken: dict[int | None, list[Observation]] = defaultdict(list)
    groups: dict[_Place, list[_Member]] = defaultdict(list)
    for number, run_id, body in session.execute(query.order_by(kept.id)):
        observation = from_json(zlib.decompress(body))
        spoken[run_id].append(observation)
        groups[_place(run_id, number, observation)].append((number, observation, True))
    device = session.get_one(Device, device_id)
    for one in told_readings(session, device, spoken):
        member = (one.number, one.observation, False)
        groups[_place(one.run_id, one.number, one.observation)].append(member)
    return sorted(map(_sight, groups.items()), key=lambda sight: sight.order)


def _place(run_id: int | None, number: int, observation: Observation) -> _Place:
    return run_id, number if run_id is None else 0, observation.address


def _sight(group: tuple[_Place, Sequence[_Member]]) -> Sight:
    (run_id, _number, _address), members = group
    return Sight(
        run_id,
        min(number for number, _observation, _is_own in members),
        tuple(number for number, _observation, is_own in members if is_own),
        tuple(observation for _number, observation, _is_own in members),
    )


class _Spoken:
    """What one half said, run by run and inventory by inventory, the oldest first."""

    def __init__(self) -> None:
        self.sights: list[Sight] = []

    def runs(self) -> list[tuple[int | None, list[Observation]]]:
        """Give what was said in each run, and in each inventory that belongs to none."""
        found: dict[tuple[bool, int], tuple[int | None, list[Observation]]] = {}
        for sight in sorted(self.sights, key=lambda sight: sight.order):
            place = (False, sight.number) if sight.run_id is None else (True, sight.run_id)
            found.setdefault(place, (sight.run_id, []))[1].extend(sight.observations)
        return list(found.values())

    @property
    def last_run(self) -> int:
        """Give the latest run that saw it, or 0."""
        return max((sight.run_id or 0 for sight in self.sights), default=0)

    def last_at(self, *, in_run: bool = False) -> datetime:
        """Give when it spoke last, at all or in a run."""
        return max(
            (
                observation.observed_at
                for sight in self.sights
                if sight.run_id is not None or not in_run
                for observation in sight.observations
            ),
            default=datetime.min.replace(tzinfo=UTC),
        )

    def is_gone_before(self, other: _Spoken) -> bool:
        """Tell whether a later run saw the other half only, and nothing was heard since of this."""
        return self.last_run < other.last_run and self.last_at() < other.last_at(in_run=True)


def _keep_own_fields(device: Device, ours: Replayed, theirs: Replayed) -> None:
    """Write what the staying half told; what only the other half can have told goes."""
    for name, own in ours.fields.items():
        if own is not None:
            setattr(device, name, _stored(own))
        elif name != "reasons" and getattr(device, name) == theirs.fields[name]:
            setattr(device, name, None)
        elif name == "reasons":
            device.reasons = []
    device.address = ours.address
    if device.first_seen_at >= min(ours.first_seen_at, theirs.first_seen_at):
        device.first_seen_at = ours.first_seen_at  # else its first evidence is kept no more
    device.last_seen_at = ours.last_seen_at
    heard, words = _with_untold(device, ours, theirs)
    device.heard, device.words = stored_heard(heard), stored_words(words)


def _with_untold(device: Device, ours: Replayed, theirs: Replayed) -> tuple[Heard, Words]:
    """Give the words of the staying half with those whose evidence is kept no more.

    So are those of a controller about its access points: that evidence is of the controller.
    """
    words, heard = dict(ours.words), dict(ours.heard)
    moments = read_heard(device.heard)
    for source, said in read_words(device.words).items():
        told = ours.words.get(source, {}).keys() | theirs.words.get(source, {}).keys()
        untold = {name: word for name, word in said.items() if name not in told}
        if untold:
            words[source] = {**untold, **words.get(source, {})}
            if source in moments:
                heard.setdefault(source, moments[source])
    return heard, words


def _divide_rows(
    session: Session,
    table: Table,
    halves: tuple[Device, Device],
    ours: Mapping[str, ReplayedRow],
    theirs: Mapping[str, ReplayedRow],
) -> None:
    """Let rows that only the other half told go over, with all that hangs on them."""
    device, new = halves
    model: type[Any] = MODELS[table]
    query = sa.select(model).where(model.device_id == device.id)
    if table in INSTALLED_BY:
        query = query.where(Installation.source == INSTALLED_BY[table])
    present = {row.key: row for row in session.scalars(query)}
    moved = []
    for key, told in theirs.items():
        if key in present and key not in ours:
            moved.append(present[key])
            present[key].device_id = new.id
            _write(table, present[key], told)
        else:
            row = model(device_id=new.id, key=key)
            if isinstance(row, Installation):
                row.source = INSTALLED_BY[table]
            _write(table, row, told)
            session.add(row)
    for key, told in ours.items():
        if key in present:
            _write(table, present[key], told)
    session.flush()
    if table is Table.INTERFACE:
        _move_links(session, [row.id for row in moved], new.id)


def _write(table: Table, row: Any, told: ReplayedRow) -> None:
    for name, value in zip(ROW_COLUMNS[table], told.values, strict=True):
        if value is not None:
            setattr(row, name, _stored(value))
        elif name in {"addresses", "facts"}:
            setattr(row, name, [])
    row.gone_at = told.gone_at
    if hasattr(row, "first_seen_at"):
        row.first_seen_at = told.first_seen_at


def _move_links(session: Session, interface_ids: Sequence[int], device_id: int) -> None:
    """Let ports and neighbours follow the interfaces that they hang on."""
    for start in range(0, len(interface_ids), 1000):
        part = interface_ids[start : start + 1000]
        for model in _LINKS:
            for row in session.scalars(sa.select(model).where(model.interface_id.in_(part))):
                row.device_id = device_id
    session.flush()


def _count_missed(session: Session, halves: Mapping[int, Replayed]) -> None:
    """Let the rows of each half be counted as its own readings lacked them."""
    session.execute(sa.delete(MissedRow).where(MissedRow.device_id.in_(halves)))
    session.add_all(
        MissedRow(device_id=number, kind=table.value, key=key, count=one.count, missed_at=one.at)
        for number, half in halves.items()
        for table, counts in half.missed.items()
        for key, one in counts.items()
    )
    session.flush()


def _divide_signs(
    session: Session, device: Device, new: Device, halves: tuple[Replayed, Replayed]
) -> None:
    for row in session.scalars(sa.select(CategorySign).where(CategorySign.device_id == device.id)):
        session.delete(row)
    session.flush()
    for owner, half in zip((device, new), halves, strict=True):
        for category, weight, reason in sorted(half.signs):
            sign = {"category": category, "weight": weight, "reason": reason}
            session.add(CategorySign(device_id=owner.id, **sign))


def _stored(value: Value) -> Any:
    """Give a value as its column takes it."""
    return list(value) if isinstance(value, tuple) else value
