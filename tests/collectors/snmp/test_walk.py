"""Tables by columns, sessions and replay, on hand-made recordings."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import TypeVar

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from collectors import oids
from collectors.credentials import SnmpCredential, SnmpVersion
from collectors.errors import Failure, StoppedError, TooLargeError, WrongCredentialsError
from collectors.snmp.codec import encode_integer
from collectors.snmp.replay import ReplayTransport, read_snmprec
from collectors.snmp.session import DeviceSession
from collectors.snmp.transport import Endpoint, Pdu, Response, SnmpTransport, Tag, VarBind
from collectors.snmp.walk import TableRows, read_table
from collectors.target import Limits

T = TypeVar("T")
COLUMNS = {"first": "1.3.6.1.9.1.1", "second": "1.3.6.1.9.1.2", "missing": "1.3.6.1.9.1.3"}


def with_session(
    transport: SnmpTransport,
    work: Callable[[DeviceSession], Awaitable[T]],
    version: SnmpVersion = SnmpVersion.V2C,
    limits: Limits | None = None,
) -> tuple[T, DeviceSession]:
    async def run() -> tuple[T, DeviceSession]:
        endpoint = Endpoint("192.0.2.1", SnmpCredential(version, community="x"))
        session = DeviceSession(transport, endpoint, limits or Limits())
        return await work(session), session

    return asyncio.run(run())


def cell(column: str, index: tuple[int, ...], number: int) -> VarBind:
    oid = oids.encode(COLUMNS[column]) + oids.encode_index(index)
    return VarBind(oid, Tag.INTEGER, encode_integer(number))


indexes = st.lists(st.integers(0, 2**32 - 1), min_size=1, max_size=3).map(tuple)


@given(
    st.sets(indexes, max_size=40),
    st.sets(indexes, max_size=40),
    st.integers(1, 60),
    st.sampled_from([SnmpVersion.V1, SnmpVersion.V2C]),
)
@settings(max_examples=60)
def test_a_table_is_read_whole_whatever_its_shape(
    first: set[tuple[int, ...]],
    second: set[tuple[int, ...]],
    reply_varbinds: int,
    version: SnmpVersion,
) -> None:
    recording = [cell("first", index, 1) for index in first]
    recording += [cell("second", index, 2) for index in second]
    transport = ReplayTransport(recording, reply_varbinds)
    table, session = with_session(transport, lambda one: read_table(one, COLUMNS), version)
    assert table.complete
    assert session.problems == []
    assert {index for index, row in table.rows.items() if "first" in row} == first
    assert {index for index, row in table.rows.items() if "second" in row} == second


class Fixed(ReplayTransport):
    """Gives one reply to everything."""

    def __init__(self, response: Response) -> None:
        super().__init__([])
        self.response = response

    async def request(self, *_: object, **__: object) -> Response:
        return self.response


def read_columns(session: DeviceSession) -> Awaitable[TableRows]:
    return read_table(session, COLUMNS)


def test_an_empty_reply_ends_the_table() -> None:
    table, session = with_session(Fixed(Response(0, 0, [])), read_columns)
    assert not table.complete
    assert session.problems[0].failure is Failure.MALFORMED


@pytest.mark.parametrize("index", [0, 1, 7])
def test_an_error_status_drops_columns_one_by_one(index: int) -> None:
    table, session = with_session(Fixed(Response(5, index, [])), read_columns)
    assert not table.complete
    assert {problem.failure for problem in session.problems} == {Failure.REFUSED}
    assert session.requests <= 5


def test_a_column_that_never_fits_is_given_up() -> None:
    table, session = with_session(Fixed(Response(1, 0, [])), read_columns)
    assert not table.complete
    assert session.requests < 20


@pytest.mark.parametrize(
    "limits",
    [Limits(requests=2), Limits(rows=20), Limits(octets=200), Limits(device_seconds=0)],
)
def test_each_limit_ends_the_table_and_is_told(limits: Limits) -> None:
    transport = ReplayTransport([cell("first", (row,), 1) for row in range(500)], 10)
    table, session = with_session(transport, read_columns, limits=limits)
    assert not table.complete
    assert session.problems[0].failure is Failure.TOO_LARGE


def test_a_stopped_run_sends_nothing_more() -> None:
    async def run() -> None:
        endpoint = Endpoint("192.0.2.1", SnmpCredential(SnmpVersion.V2C))
        session = DeviceSession(ReplayTransport([]), endpoint, Limits(), lambda: True)
        await session.send(Pdu.GET, [])

    with pytest.raises(StoppedError):
        asyncio.run(run())


def test_what_was_asked_once_is_not_asked_again() -> None:
    oid = oids.encode("1.3.6.1.9.9.0")

    async def ask_twice(session: DeviceSession) -> int:
        await session.get([oid, oid])
        await session.get([oid])
        return session.requests

    transport = ReplayTransport([VarBind(oid, Tag.INTEGER, b"\x07")])
    assert with_session(transport, ask_twice)[0] == 1


def test_version_1_goes_on_without_names_that_do_not_exist() -> None:
    names = [oids.encode(f"1.3.6.1.9.9.{number}") for number in range(5)]
    transport = ReplayTransport([VarBind(names[3], Tag.INTEGER, b"\x07")])
    found, _ = with_session(transport, lambda one: one.get(names), SnmpVersion.V1)
    assert list(found) == [names[3]]


def test_a_user_that_may_not_read_is_told_so() -> None:
    with pytest.raises(WrongCredentialsError):
        with_session(Fixed(Response(16, 0, [])), lambda one: one.get([b"\x2b\x06"]))


def test_an_error_without_a_culprit_asks_name_by_name_and_ends() -> None:
    names = [oids.encode(f"1.3.6.1.9.9.{number}") for number in range(4)]
    found, session = with_session(Fixed(Response(5, 0, [])), lambda one: one.get(names))
    assert found == {}
    assert session.requests < 12


def test_a_budget_that_is_used_up_is_an_error_of_the_request() -> None:
    with pytest.raises(TooLargeError):
        with_session(
            ReplayTransport([]),
            lambda one: one.get([b"\x2b\x06"]),
            limits=Limits(requests=0),
        )


def test_a_recording_is_read_in_numeric_order() -> None:
    text = "1.3.6.1.9.200|2|1\n# comment\n\n1.3.6.1.9.16384|4x|6162\n1.3.6.1.9.3|64|10.0.0.1\n"
    transport = ReplayTransport(read_snmprec(text))

    async def walk(session: DeviceSession) -> list[bytes]:
        root = oids.encode("1.3.6.1.9")
        response = await session.send(Pdu.GET_BULK, [root], max_repetitions=5)
        return [one.value for one in response.varbinds]

    assert with_session(transport, walk)[0] == [b"\x0a\x00\x00\x01", b"\x01", b"ab", b""]


@pytest.mark.parametrize("line", ["no bars", "1.3|2|x", "one|2|1", "1.3.6|4x|zz"])
def test_a_wrong_line_of_a_recording_is_told_by_number(line: str) -> None:
    with pytest.raises(ValueError, match="line 2"):
        read_snmprec(f"1.3.6.1.1|2|1\n{line}\n")
