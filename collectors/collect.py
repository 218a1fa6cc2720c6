"""One target to one observation: which credential works, what stands there, what it holds.

Nothing is raised for a device that fails: the failure is part of the result, and what was read
before it is kept.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable
from contextlib import nullcontext
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import NamedTuple

from collectors import oids
from collectors.credentials import SnmpCredential, SnmpVersion
from collectors.definitions.model import Definition, Definitions
from collectors.errors import (
    CollectorError,
    Failure,
    NoAnswerError,
    RefusedError,
    StoppedError,
)
from collectors.identify import candidates, choose, subtrees_to_ask
from collectors.inside import HOSTS, read_details
from collectors.kinship import Told, read_kin
from collectors.likeness import Device, tell_by_likeness
from collectors.links import Subject, read_links
from collectors.observation import (
    ComponentTable,
    Identity,
    InterfaceTable,
    Observation,
    Source,
    StorageTable,
    SupplyTable,
    System,
)
from collectors.registries.enterprise import (
    enterprise_number,
    is_borrowed_agent,
    is_generic_agent,
    is_maker_of_appliances,
    maker_among,
)
from collectors.snmp import (
    device_id,
    enterprises,
    entity_mib,
    forwarding,
    host_resources_mib,
    if_mib,
    lldp_mib,
    local_inventory,
    printer_mib,
    system,
    unit_tables,
    ups_mib,
)
from collectors.snmp.host_devices import add_host_devices
from collectors.snmp.private_texts import read_private_texts
from collectors.snmp.session import DeviceSession
from collectors.snmp.transport import Endpoint, SnmpTransport, VarBind
from collectors.standing import (
    Standing,
    describe,
    has_serial_number,
    is_bare_host,
    of_appliance,
)
from collectors.target import Manner, Target
from collectors.verbs import names_to_get

Clock = Callable[[], datetime]
"""Gives a moment in UTC."""

_PROBED_TABLES = (
    if_mib.IF_TABLE,
    if_mib.IF_X_TABLE,
    if_mib.IP_ADDR_TABLE,
    if_mib.IP_ADDRESS_TABLE,
    entity_mib.ENT_PHYSICAL_TABLE,
    host_resources_mib.HR_STORAGE_TABLE,
    host_resources_mib.HR_DEVICE_TABLE,
    host_resources_mib.HR_PROCESSOR_TABLE,
    printer_mib.PRT_GENERAL_TABLE,
    printer_mib.PRT_MARKER_SUPPLIES_TABLE,
    ups_mib.UPS_IDENT,
    *local_inventory.GROUPS,
    *unit_tables.TABLES,
)
_SCALARS = (
    lldp_mib.DOT1D_BASE_BRIDGE_ADDRESS,
    lldp_mib.LLDP_LOC_CHASSIS_ID_SUBTYPE,
    lldp_mib.LLDP_LOC_CHASSIS_ID,
    host_resources_mib.HR_MEMORY_SIZE,
    *forwarding.ALL,
)


@dataclass(frozen=True, slots=True)
class SnmpResult:
    """What came of one target.

    Attributes:
        address: the target's address as given.
        observation: what was read; None when no credential worked.
        failure: why there is no observation; None when there is one, even with problems.
        detail: the failure in words.
        credential: the one that worked; its version says what the device spoke.
        credentials_tried: how many were shown to the device.
        seconds: how long the device took.
        requests: how many requests were sent.
        manner: how the device had to be asked, for the next time.
    """

    address: str
    observation: Observation | None = None
    failure: Failure | None = None
    detail: str = ""
    credential: SnmpCredential | None = None
    credentials_tried: int = 0
    seconds: float = 0.0
    requests: int = 0
    manner: Manner = field(default_factory=Manner)


@dataclass(slots=True)
class _Tables:
    """The tables of a device as far as they were read."""

    interfaces: InterfaceTable = field(default_factory=InterfaceTable)
    components: ComponentTable = field(default_factory=ComponentTable)
    supplies: SupplyTable = field(default_factory=SupplyTable)
    storages: StorageTable = field(default_factory=StorageTable)
    printer: printer_mib.PrinterGeneral = field(default_factory=printer_mib.PrinterGeneral)
    printer_descriptions: tuple[str, ...] = ()
    processor_count: int | None = None


class _Opened(NamedTuple):
    """A session with a device that let one of the credentials in."""

    session: DeviceSession
    system: System
    credential: SnmpCredential


async def collect_snmp(
    target: Target,
    transport: SnmpTransport,
    definitions: Iterable[Definition],
    clock: Clock,
    should_stop: Callable[[], bool] = lambda: False,
    turns: asyncio.Semaphore | None = None,
) -> SnmpResult:
    """Read one device.

    Credentials are tried in their order. A community that gets no answer in v2c is tried in v1;
    SNMPv3 never falls back to anything that is not listed.

    Args:
        target: the address, what may be shown to it, what it may cost.
        transport: the way to the network.
        definitions: the platforms that are known.
        clock: for the moment of the observation.
        should_stop: asked before each request.
        turns: what the device waits for once it has answered; the wait counts for nothing.
    """
    loop = asyncio.get_running_loop()
    start = loop.time()
    attempts = _Attempts(target, transport, should_stop)
    try:
        opened = await attempts.open()
    except CollectorError as error:
        return SnmpResult(
            address=target.address,
            failure=error.failure,
            detail=error.detail,
            credentials_tried=attempts.tried,
            seconds=loop.time() - start,
            requests=attempts.requests,
        )
    answered = loop.time()
    async with turns or nullcontext():
        waited = loop.time() - answered
        opened.session.give_time(waited)
        observation = await _observe(opened, definitions, clock)
    return SnmpResult(
        address=target.address,
        observation=observation,
        credential=opened.credential,
        credentials_tried=attempts.tried,
        seconds=loop.time() - start - waited,
        requests=attempts.requests + opened.session.requests,
        manner=opened.session.manner,
    )


class _Attempts:
    """The credentials of a target, shown one after the other."""

    def __init__(
        self,
        target: Target,
        transport: SnmpTransport,
        should_stop: Callable[[], bool],
    ) -> None:
        self._target = target
        self._transport = transport
        self._should_stop = should_stop
        self.tried = 0
        self.requests = 0

    async def open(self) -> _Opened:
        """Find the first credential that the device lets in.

        Raises:
            CollectorError: none did; of several reasons the one that says most.
        """
        worst: CollectorError | None = None
        for credential in self._target.credentials:
            self.tried += 1
            for version in self._versions(credential):
                session = self._session(credential, version)
                try:
                    found = await system.read_system(session)
                except StoppedError:
                    raise
                except CollectorError as error:
                    self.requests += session.requests
                    worst = _more_telling(worst, error)
                    if not isinstance(error, NoAnswerError):
                        break
                    continue
                return _Opened(session, found, session.endpoint.credential)
        raise worst or RefusedError(self._target.address, "no credentials are given")

    def _session(self, credential: SnmpCredential, version: SnmpVersion) -> DeviceSession:
        endpoint = Endpoint(self._target.address, replace(credential, version=version))
        limits = self._target.limits
        session = DeviceSession(
            self._transport, endpoint, limits, self._should_stop, self._target.manner
        )
        if version is not credential.version:
            # Who was silent in v2c is most likely dead; it need not cost all the time twice.
            session.retries = min(session.retries, 1)
        return session

    def _versions(self, credential: SnmpCredential) -> tuple[SnmpVersion, ...]:
        if credential.version is not SnmpVersion.V2C:
            return (credential.version,)
        is_old = self._target.manner.is_version_1
        return (SnmpVersion.V1, SnmpVersion.V2C)[:: 1 if is_old else -1]


def _more_telling(old: CollectorError | None, new: CollectorError) -> CollectorError:
    """Prefer any word of the device to its silence."""
    if old is None or isinstance(old, NoAnswerError):
        return new
    return old


async def _observe(
    opened: _Opened,
    definitions: Iterable[Definition],
    clock: Clock,
) -> Observation:
    session = opened.session
    suitable = candidates(opened.system, definitions)
    definition: Definition | None = None
    existing: set[str] = set()
    found: dict[bytes, VarBind] = {}
    try:
        existing, subtrees = await _probe(session, subtrees_to_ask(suitable))
        definition = choose(suitable, subtrees)
        found = await session.get(_scalars(definition, existing, opened.system))
    except CollectorError as error:
        session.note(error)
        definition = definition or choose(suitable, frozenset())
    tables = await _read_tables(session, existing)
    definition, maker_number = await _settle_maker(session, opened.system, definition)
    standing = Standing(
        session=session,
        system=opened.system,
        definition=definition,
        chassis=entity_mib.chassis_of(tables.components.rows),
        components=tables.components.rows,
        interfaces=tables.interfaces.rows,
        printer=tables.printer,
        printer_descriptions=tables.printer_descriptions,
        has_printer_mib=printer_mib.PRT_GENERAL_TABLE in existing,
        ups=ups_mib.ups_ident(found),
        found=found,
        maker_number=maker_number,
        units=await unit_tables.read_units(session, existing) if definition is None else (),
        kin=await _read_kin(session, opened.system, definition, maker_number, definitions),
    )
    alike = await _read_alike(standing)
    identity = await describe(replace(standing, alike=alike))
    links = await read_links(session, _subject(standing, identity))
    details = await read_details(
        session,
        opened.system,
        identity,
        is_host=bool(tables.storages.rows or tables.processor_count),
    )
    return Observation(
        address=session.endpoint.address,
        source=Source.SNMP,
        observed_at=clock(),
        system=opened.system,
        identity=identity,
        interfaces=tables.interfaces,
        components=await _components(session, tables, identity, existing),
        supplies=tables.supplies,
        storages=tables.storages,
        processor_count=tables.processor_count,
        memory_bytes=host_resources_mib.memory_bytes(found),
        links=links,
        details=details,
        problems=tuple(session.problems),
    )


async def _components(
    session: DeviceSession, tables: _Tables, identity: Identity, existing: set[str]
) -> ComponentTable:
    """Give its parts; a host tells more of them by HOST-RESOURCES-MIB."""
    may_be_host = identity.category is None or identity.category in HOSTS
    if may_be_host and host_resources_mib.HR_DEVICE_TABLE in existing:
        return await add_host_devices(session, tables.components)
    return tables.components


def _subject(standing: Standing, identity: Identity) -> Subject:
    return Subject(
        standing.system.sys_object_id,
        identity.category,
        standing.interfaces,
        standing.components,
        standing.found,
    )


async def _probe(
    session: DeviceSession,
    subtrees: Iterable[bytes],
) -> tuple[set[str], set[bytes]]:
    """Tell which tables the device has, and which of the subtrees, with the same requests."""
    prefixes = {oids.encode(dotted): dotted for dotted in _PROBED_TABLES}
    present = await session.which_exist([*prefixes, *sorted(set(subtrees) - prefixes.keys())])
    return {dotted for one, dotted in prefixes.items() if one in present}, present


async def _settle_maker(
    session: DeviceSession, system: System, definition: Definition | None
) -> tuple[Definition | None, int | None]:
    """Look for the maker of what bears no maker's number, and for appliances among hosts."""
    is_bare = definition is None or is_bare_host(definition)
    if not is_bare or not is_borrowed_agent(system.sys_object_id):
        return definition, None
    maker_number = await _maker_number(session)
    if definition is not None and is_maker_of_appliances(maker_number):
        definition = of_appliance(definition, maker_number)
    return definition, maker_number


async def _read_kin(
    session: DeviceSession,
    system: System,
    definition: Definition | None,
    maker_number: int | None,
    definitions: Iterable[Definition],
) -> tuple[Told, ...]:
    """Ask an unknown device of a known maker for what the maker's other families keep."""
    maker = maker_number or enterprise_number(system.sys_object_id)
    if definition is not None or maker is None:
        return ()
    known = definitions if isinstance(definitions, Definitions) else Definitions(definitions)
    return await read_kin(session, known, maker)


async def _read_alike(standing: Standing) -> tuple[Told, ...]:
    """Look through the maker's own texts on a device that no definition knows."""
    system = standing.system
    maker = standing.maker_number or enterprise_number(system.sys_object_id)
    is_appliance = is_maker_of_appliances(standing.maker_number)
    if maker is None or not (standing.definition is None or is_appliance):
        return ()
    if is_generic_agent(f"1.3.6.1.4.1.{maker}") or has_serial_number(standing):
        return ()
    private = await read_private_texts(standing.session, maker)
    names = tuple(filter(None, (system.sys_name, system.sys_location, system.sys_contact)))
    return tuple(tell_by_likeness(private, Device(system.sys_descr or "", names)))


async def _maker_number(session: DeviceSession) -> int | None:
    try:
        return maker_among(await enterprises.read_enterprises(session))
    except CollectorError as error:
        session.note(error)
        return None


def _scalars(definition: Definition | None, existing: set[str], system: System) -> list[bytes]:
    names = [*_SCALARS]
    is_unknown = definition is None
    names += local_inventory.names_to_get(existing, system.sys_object_id, is_unknown=is_unknown)
    if is_unknown or printer_mib.PRT_GENERAL_TABLE in existing:
        names += device_id.ALL
    if ups_mib.UPS_IDENT in existing:
        names += ups_mib.ALL
    if definition is not None:
        names += names_to_get(definition)
    return names


async def _read_tables(session: DeviceSession, existing: set[str]) -> _Tables:
    """Read the tables that exist, two at a time; each ends by itself and notes what went wrong."""
    reader = _TableReader(session, existing)
    async with asyncio.TaskGroup() as reading:
        for read in (reader.interfaces, reader.components, reader.printer, reader.host):
            reading.create_task(read())
    return reader.tables


class _TableReader:
    """The tables of one device, in groups that can be read side by side."""

    def __init__(self, session: DeviceSession, existing: set[str]) -> None:
        self._session = session
        self._existing = existing
        self.tables = _Tables()

    async def interfaces(self) -> None:
        if self._existing & {if_mib.IF_TABLE, if_mib.IF_X_TABLE}:
            self.tables.interfaces = await if_mib.read_interfaces(self._session, self._existing)

    async def components(self) -> None:
        if entity_mib.ENT_PHYSICAL_TABLE in self._existing:
            self.tables.components = await entity_mib.read_components(self._session)

    async def printer(self) -> None:
        has_general = printer_mib.PRT_GENERAL_TABLE in self._existing
        has_supplies = printer_mib.PRT_MARKER_SUPPLIES_TABLE in self._existing
        if has_general:
            self.tables.printer = await printer_mib.read_general(self._session)
        if has_supplies:
            self.tables.supplies = await printer_mib.read_supplies(self._session)
        has_devices = host_resources_mib.HR_DEVICE_TABLE in self._existing
        if has_devices and (has_general or has_supplies):
            self.tables.printer_descriptions = await host_resources_mib.read_printer_descriptions(
                self._session
            )

    async def host(self) -> None:
        if host_resources_mib.HR_STORAGE_TABLE in self._existing:
            self.tables.storages = await host_resources_mib.read_storages(self._session)
        if host_resources_mib.HR_PROCESSOR_TABLE in self._existing:
            self.tables.processor_count = await host_resources_mib.count_processors(self._session)
