"""What a login that is limited to places sees: each query of its session is narrowed by itself.

A session that is narrowed to a login (see ``narrow``) adds, to every statement that it executes,
what the rows of each table must meet: an alias, a join, a subquery, an update or a delete makes no
difference, and no query has to remember it. A statement that reads such a table past the mapped
classes cannot be narrowed and is refused. The rules, one a table, stand in ``_RULES``; in words in
docs/howto/limit-a-login-to-places.md.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from typing import Any, Final

import sqlalchemy as sa
from sqlalchemy import event
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.orm import ORMExecuteState, Session, with_loader_criteria
from sqlalchemy.orm.util import LoaderCriteriaOption
from sqlalchemy.sql import visitors
from sqlalchemy.sql.compiler import SQLCompiler

from parc import models
from parc.models import Base, DocumentSubject, table_of
from parc.queries.inbox_cause import OF_ASSETS

_KEY: Final = "parc_scope"
_SIGHT: Final = "parc_sight"  # where a session keeps what it has read of the login's places
_WIDE: Final = 4  # who sees more than this part of all assets has a wide sight
_OURS: Final = "scope_"  # how the names of what the rules read begin
Table = Any  # a mapped class, its alias, or a table: what has columns
Condition = sa.ColumnElement[bool]


@dataclass(frozen=True, slots=True)
class Sight:
    """What a login sees, as far as its places say; what one has computed is good for its equal.

    Attributes:
        within: ids of the login's places and of all that lie in them.
        above: ids of its places and of those that they lie in, to name them by.
        is_wide: it sees a good part of all assets.
    """

    user_id: int
    within: tuple[int, ...]
    above: tuple[int, ...]
    is_wide: bool


# Whose places a statement is narrowed to is said at each execution, never kept with a statement
# that SQLAlchemy has compiled for somebody else; unsaid, nothing is executed at all.
_READER: Final[ContextVar[Sight]] = ContextVar("parc_scope_reader")


def _said(name: str, kind: sa.types.TypeEngine[Any], read: Callable[[Sight], Any]) -> Any:
    """Give a parameter whose value is of the reader at hand."""
    return sa.bindparam(f"{_OURS}{name}", callable_=lambda: read(_READER.get()), type_=kind)


_USER_ID: Final = _said("user_id", sa.Integer(), lambda sight: sight.user_id)
_WITHIN: Final = _said("within", sa.String(), lambda sight: ",".join(map(str, sight.within)))
_ABOVE: Final = _said("above", sa.String(), lambda sight: ",".join(map(str, sight.above)))


class _IsOneOf(sa.sql.functions.FunctionElement[bool]):
    """Whether a column holds one of the ids in a text such as ``1,2``: one parameter for all."""

    name = "scope_is_one_of"
    type = sa.Boolean()
    inherit_cache = True

    def self_group(self, against: Any = None) -> Any:
        """Stay a condition: as ``… = 1`` no index of SQLite would answer it."""
        del against
        return self


@compiles(_IsOneOf, "sqlite")
def _in_json(element: _IsOneOf, compiler: SQLCompiler, **options: Any) -> str:
    column, ids = (compiler.process(one, **options) for one in element.clauses)
    return f"{column} IN (SELECT value FROM json_each('[' || {ids} || ']'))"


class _IsOneOfMost(_IsOneOf):
    """The same where most rows meet it: an index of the column would lead nowhere."""

    inherit_cache = True


@compiles(_IsOneOfMost, "sqlite")
def _in_json_of_most(element: _IsOneOf, compiler: SQLCompiler, **options: Any) -> str:
    return f"+{_in_json(element, compiler, **options)}"


@compiles(_IsOneOf, "postgresql")
def _in_array(element: _IsOneOf, compiler: SQLCompiler, **options: Any) -> str:
    column, ids = (compiler.process(one, **options) for one in element.clauses)
    return f"{column} = ANY (CAST(string_to_array({ids}, ',') AS INTEGER[]))"


def lies_within(column: Any) -> Condition:
    """Tell whether a place lies in the reader's; only in statements that are narrowed."""
    return _IsOneOf(column, _WITHIN)


def _is_reader(column: Any) -> Condition:
    """Tell whether a login is the reader's."""
    found: Condition = column == _USER_ID
    return found


def _of_kinds(row: Table, common: Collection[str], placed: Mapping[str, type[Base]]) -> Condition:
    """Tell whether what a kind and an id name is of the whole organisation, or within the scope."""
    return sa.or_(
        row.subject_kind.in_(list(common)),
        *(
            sa.and_(row.subject_kind == kind, _sees(model, row.subject_id))
            for kind, model in placed.items()
        ),
    )


def _sees(model: type[Base], column: Any) -> Condition:
    """Tell whether the row of ``model`` that a key names is within the scope."""
    row = table_of(model).alias(f"scope_{model.__tablename__}")
    return sa.exists().where(row.c.id == column, _RULES[model](row.c)).correlate_except(row)


def _ids(model: type[Base]) -> sa.Select[tuple[int]]:
    """Select the ids of all rows of ``model`` that are within the scope."""
    row = table_of(model).alias(f"scope_{model.__tablename__}")
    return sa.select(row.c.id).where(_RULES[model](row.c))


def _stands_there(row: Table) -> Condition:
    return lies_within(row.location_id)


def _stands_there_as_most(row: Table) -> Condition:
    return _IsOneOfMost(row.location_id, _WITHIN)


def _of_asset(row: Table) -> Condition:
    return _sees(models.Asset, row.asset_id)


def _run(row: Table) -> Condition:
    return _sees(models.AddressRange, row.range_id)


def _of_assets(row: Table) -> Condition:
    """Say the same as ``_of_asset`` of many rows: what is seen is read first, not once a row."""
    found: Condition = row.asset_id.in_(_ids(models.Asset))
    return found


def _of_run(row: Table) -> Condition:
    return _sees(models.Run, row.run_id)


def _device(row: Table) -> Condition:
    """Stand where the asset does; before it is one, where its range is."""
    return sa.or_(
        _sees(models.Asset, row.asset_id),
        sa.and_(row.asset_id.is_(None), _sees(models.AddressRange, row.range_id)),
    )


def _of_device(row: Table) -> Condition:
    return _sees(models.Device, row.device_id)


def _of_interface(row: Table) -> Condition:
    return _sees(models.Interface, row.interface_id)


def _place(row: Table) -> Condition:
    return sa.or_(lies_within(row.id), _IsOneOf(row.id, _ABOVE))


def _allocation(row: Table) -> Condition:
    return sa.or_(row.asset_id.is_(None), _sees(models.Asset, row.asset_id))


def _entry(row: Table) -> Condition:
    """Be about what is seen; an entry tells of all that it is about, so that all of it has to be.

    One about assets that share a serial number names them in its evidence alone: who may merge
    records sees everything.
    """
    beside = table_of(models.InboxDevice).alias("scope_beside")
    return sa.and_(
        sa.or_(
            _sees(models.Asset, row.asset_id),
            sa.and_(row.asset_id.is_(None), _sees(models.Device, row.device_id)),
            sa.and_(row.asset_id.is_(None), row.device_id.is_(None), lies_within(row.site_id)),
        ),
        sa.not_(row.key.startswith(OF_ASSETS)),
        ~sa.exists()
        .where(beside.c.entry_id == row.id, ~_sees(models.Device, beside.c.device_id))
        .correlate_except(beside),
    )


def _incident(row: Table) -> Condition:
    """Happen there, to what stands there or to who works there; or be the reader's own."""
    about = table_of(models.IncidentAsset).alias("scope_about")
    asker = table_of(models.Person).alias("scope_asker")
    return sa.or_(
        lies_within(row.location_id),
        _is_reader(row.requester_id),
        _is_reader(row.technician_id),
        sa.exists()
        .where(about.c.incident_id == row.id, _sees(models.Asset, about.c.asset_id))
        .correlate_except(about),
        sa.exists()
        .where(asker.c.id == row.requester_person_id, lies_within(asker.c.site_id))
        .correlate_except(asker),
    )


def _incident_of_many(row: Table) -> Condition:
    """Say the same as ``_incident`` of many rows: what is seen is read first, not once a row."""
    one = table_of(models.Incident).alias("scope_incident")
    about = table_of(models.IncidentAsset).alias("scope_about")
    asker = table_of(models.Person).alias("scope_asker")
    askers = sa.select(asker.c.id).where(lies_within(asker.c.site_id))
    found: Condition = row.id.in_(
        sa.union_all(
            *(
                sa.select(one.c.id).where(condition)
                for condition in (
                    lies_within(one.c.location_id),
                    _is_reader(one.c.requester_id),
                    _is_reader(one.c.technician_id),
                    one.c.requester_person_id.in_(askers),
                )
            ),
            sa.select(about.c.incident_id).where(about.c.asset_id.in_(_ids(models.Asset))),
        )
    )
    return found


def _of_incident(row: Table) -> Condition:
    return _sees(models.Incident, row.incident_id)


def _link(row: Table) -> Condition:
    """Show a link only to who sees both of its ends."""
    return sa.and_(_sees(models.Incident, row.incident_id), _sees(models.Incident, row.other_id))


# SQLAlchemy reads the rules once and takes what they name directly for values of the statement:
# tables of kinds are named in functions that they call.
def _document(row: Table) -> Condition:
    return _of_document_kinds(row)


def _of_document_kinds(row: Table) -> Condition:
    placed: dict[str, type[Base]] = {
        DocumentSubject.INCIDENT: models.Incident,
        DocumentSubject.MOVEMENT: models.Movement,
    }
    return _of_kinds(row, [kind for kind in DocumentSubject if kind not in placed], placed)


def _audit_entry(row: Table) -> Condition:
    return _of_history_kinds(row)


def _of_history_kinds(row: Table) -> Condition:
    """Show the history of what stands within; that of all else may name what does not."""
    placed = {
        "asset": models.Asset,
        "device": models.Device,
        "incident": models.Incident,
        "location": models.Location,
        "movement": models.Movement,
        "range": models.AddressRange,
        "run": models.Run,
        "wall_outlet": models.WallOutlet,
    }
    return _of_kinds(row, (), placed)


def _change_set(row: Table) -> Condition:
    """Be an act of the reader's own: others' may reach beyond what the reader sees."""
    return _is_reader(row.user_id)


def _of_change_set(row: Table) -> Condition:
    return _sees(models.ChangeSet, row.change_set_id)


def _of_change_set_part(row: Table) -> Condition:
    return _sees(models.ChangeSetPart, row.part_id)


def _nothing(row: Table) -> Condition:
    """Show nothing: it was made of all there is."""
    del row
    return sa.false()


_Rule = Callable[[Table], Condition]
_RULES: Final[Mapping[type[Base], _Rule]] = {
    models.Asset: _stands_there,
    models.Location: _place,
    models.WallOutlet: _stands_there,
    models.AddressRange: _stands_there,
    models.Run: _run,
    models.RunTarget: _of_run,
    models.Device: _device,
    models.InboxEntry: _entry,
    models.Allocation: _allocation,
    models.Attachment: _of_interface,
    models.Incident: _incident,
    models.IncidentLink: _link,
    models.IncidentReport: _nothing,
    models.SuspectSearch: _nothing,
    models.FollowUp: _of_incident,
    models.Document: _document,
    models.AuditEntry: _audit_entry,
    models.ChangeSet: _change_set,
    models.ChangeSetPart: _of_change_set,
    models.ChangeSetFile: _of_change_set_part,
    **dict.fromkeys(
        (
            models.AssetField,
            models.ContractLine,
            models.Coverage,
            models.CustomValue,
            models.Difference,
            models.IncidentAsset,
            models.MergedAsset,
            models.Movement,
        ),
        _of_asset,
    ),
    **dict.fromkeys(
        (
            models.Agent,
            models.Battery,
            models.BridgeVlan,
            models.CategorySign,
            models.Component,
            models.HostEntry,
            models.InboxDevice,
            models.Installation,
            models.Interface,
            models.LifeCount,
            models.LifeCountReading,
            models.ManagedDevice,
            models.MappedAddress,
            models.MissedRow,
            models.Neighbor,
            models.Outlet,
            models.Service,
            models.Storage,
            models.StoredObservation,
            models.Supply,
            models.SwitchPort,
            models.Tray,
            models.WirelessStation,
        ),
        _of_device,
    ),
}


# Rules that serve better where a statement counts and few of very many rows are seen: the others
# would look at each. Where many are seen, the others soon have as many as are counted.
_RULES_OF_MANY: Final[Mapping[type[Base], _Rule]] = {
    models.Incident: _incident_of_many,
    **{model: _of_assets for model, rule in _RULES.items() if rule is _of_asset},
}


def _options(rules: Mapping[type[Base], _Rule]) -> Mapping[str, LoaderCriteriaOption]:
    return {
        model.__tablename__: with_loader_criteria(
            model,
            rule,
            include_aliases=True,
            propagate_to_loaders=False,
            track_closure_variables=False,
        )
        for model, rule in rules.items()
    }


_OPTIONS: Final = _options(_RULES)
_OPTIONS_OF_MANY: Final = {**_OPTIONS, **_options(_RULES_OF_MANY)}
_OPTIONS_OF_WIDE: Final = {**_OPTIONS, **_options({models.Asset: _stands_there_as_most})}


# The tables of which a limited login sees a part.
NARROWED: Final = frozenset(_RULES)


class UnscopedError(RuntimeError):
    """A session with a scope was asked something that cannot be narrowed: a mistake of ours."""


def narrow(session: Session, user_id: int | None) -> None:
    """Let a session see only what is within the places of a login, or all again."""
    session.info.pop(_SIGHT, None)
    if user_id is None:
        session.info.pop(_KEY, None)
    else:
        session.info[_KEY] = user_id


def scope_of(session: Session) -> int | None:
    """Give the login to whose places a session is narrowed."""
    return session.info.get(_KEY)


def sight_of(session: Session) -> Sight | None:
    """Give what a session's login sees, read once a session; None: everything."""
    user_id = scope_of(session)
    if user_id is None:
        return None
    if _SIGHT not in session.info:
        session.info[_SIGHT] = _read_sight(session, user_id)
    sight: Sight = session.info[_SIGHT]
    return sight


def _read_sight(session: Session, user_id: int) -> Sight:
    """Read the login's places, those in them and those that they lie in, past the rules."""
    location, place = table_of(models.Location), table_of(models.UserPlace)
    chosen = (
        sa.select(location.c.id, location.c.parent_id)
        .join(place, place.c.location_id == location.c.id)
        .where(place.c.user_id == user_id)
    )
    within, above = chosen.cte("within", recursive=True), chosen.cte("above", recursive=True)
    rows = sa.select(location.c.id, location.c.parent_id)
    within = within.union(rows.where(location.c.parent_id == within.c.id))
    above = above.union(rows.where(location.c.id == above.c.parent_id))
    read = session.connection().execute
    ids, names = (tuple(sorted(read(sa.select(one.c.id)).scalars())) for one in (within, above))
    asset = table_of(models.Asset)
    seen = sa.select(sa.func.count()).where(asset.c.location_id.in_(ids))
    highest = sa.select(sa.func.max(asset.c.id)).scalar_subquery()
    count, last = read(seen.add_columns(highest)).one()
    return Sight(user_id, ids, names, count * _WIDE > (last or 0))


@contextmanager
def unlimited(session: Session) -> Iterator[None]:
    """See everything for as long as what is computed or kept unique concerns everything.

    What was only read in between is forgotten: a key would find it again without any statement.
    """
    scope = scope_of(session)
    session.flush()
    if scope is None:
        yield
        session.flush()
        return
    seen = set(session.identity_map.keys())
    del session.info[_KEY]
    try:
        yield
        session.flush()
    finally:
        session.info[_KEY] = scope
        for one in session.identity_map.values():
            if sa.inspect(one).key not in seen:
                session.expunge(one)


@event.listens_for(Session, "do_orm_execute")
def _narrow_statement(state: ORMExecuteState) -> None:
    """Narrow what a session with a scope executes; refuse what cannot be narrowed."""
    sight = sight_of(state.session)
    if sight is None or state.is_column_load or state.is_insert:
        return
    named = _narrowed_tables(state.statement)
    if named:
        _READER.set(sight)
        options = _OPTIONS_OF_MANY if _counts(state.statement) else _OPTIONS
        options = _OPTIONS_OF_WIDE if sight.is_wide else options
        state.statement = state.statement.options(*(options[name] for name in sorted(named)))


def _counts(statement: Any) -> bool:
    """Tell whether a statement counts rows."""
    return any(isinstance(one, sa.sql.functions.count) for one in visitors.iterate(statement))


def _narrowed_tables(statement: Any) -> set[str]:
    """Give the tables with a rule that a statement names.

    Raises:
        UnscopedError: it reads one past its mapped class, where the rule does not reach.
    """
    named: set[str] = set()
    mapped: set[str] = set()
    past: set[str] = set()
    aliases: dict[str, str] = {}
    mapped_aliases: set[str] = set()
    for element in visitors.iterate(statement):
        is_mapped = "parententity" in element._annotations  # noqa: SLF001 -- the one mark there is
        if isinstance(element, sa.Table):
            named.add(element.name)
            mapped.update([element.name] if is_mapped else ())
        elif isinstance(element, sa.Column) and is_mapped:
            mapped.add(_table_name(element))
            mapped_aliases.add(getattr(element.table, "name", ""))
        elif isinstance(element, sa.Alias) and not element.name.startswith(_OURS):
            aliases[element.name] = getattr(element.element, "name", "")
            if is_mapped:
                mapped.add(aliases[element.name])
                mapped_aliases.add(element.name)
        elif isinstance(element, sa.Join):  # within select_from(): the rules do not reach into it
            past.update(one.name for one in visitors.iterate(element) if isinstance(one, sa.Table))
        elif isinstance(element, sa.Select):
            whole = _chosen_from(element)
            mapped |= whole
            past |= _shown_past(element) - whole
        elif isinstance(element, sa.TextClause):
            past |= set(element.text.split())
    past |= {table for name, table in aliases.items() if name not in mapped_aliases}
    if found := (named - mapped | past) & _OPTIONS.keys():
        raise UnscopedError(f"read past the mapped classes: {', '.join(sorted(found))}")
    return named & _OPTIONS.keys()


def _chosen_from(query: sa.Select[Any]) -> set[str]:
    """Give the tables of mapped classes that a query was told to read from."""
    return {
        getattr(source, "name", "")
        for source in query._from_obj  # noqa: SLF001 -- what was handed to select_from()
        if "parententity" in source._annotations  # noqa: SLF001
    }


def _shown_past(query: sa.Select[Any]) -> set[str]:
    """Give the tables of columns that a query shows as the table's, not as the mapped class's."""
    return {
        _table_name(part)
        for shown in query._raw_columns  # noqa: SLF001 -- what was handed to select()
        for part in visitors.iterate(shown)
        if isinstance(part, sa.Column) and "parententity" not in part._annotations  # noqa: SLF001
    }


def _table_name(column: sa.Column[Any]) -> str:
    """Give the table of a column; none for those of the rules themselves."""
    source: Any = column.table
    name = str(getattr(source, "name", ""))
    return (
        ""
        if name.startswith(_OURS)
        else str(getattr(getattr(source, "element", source), "name", ""))
    )
