"""What reports of SNMPv3 engines lead to."""

from __future__ import annotations

import pytest

from collectors import oids
from collectors.errors import MalformedError, RefusedError, WrongCredentialsError
from collectors.snmp import codec, usm
from collectors.snmp.engines import EngineBook
from collectors.snmp.transport import Tag, VarBind

PLACE = ("192.0.2.1", 161)
ENGINE_ID = b"\x80\x00\x1f\x88\x04twin"


def reply(
    pdu_tag: int = codec.RESPONSE,
    cause: int = 0,
    *,
    engine_id: bytes = ENGINE_ID,
    clock: tuple[int, int] = (1, 500),
    is_authenticated: bool = True,
) -> usm.V3Message:
    oid = oids.encode(f"1.3.6.1.6.3.15.1.1.{cause}.0")
    varbinds = [VarBind(oid, Tag.COUNTER32, b"\x01")]
    message = codec.Message(codec.VERSION_3, b"", pdu_tag, 1, 0, 0, varbinds)
    return usm.V3Message(1, engine_id, *clock, is_authenticated, message)


def known_book() -> EngineBook:
    book = EngineBook()
    assert not book.take(PLACE, reply(usm.REPORT, 4, is_authenticated=False), now=0.0)
    return book


def test_discovery_teaches_id_and_clock() -> None:
    engine = known_book().get(PLACE)
    assert engine is not None
    assert (engine.engine_id, engine.boots, engine.time_at(10.0)) == (ENGINE_ID, 1, 510)


@pytest.mark.parametrize("cause", [1, 3, 5, 6])
def test_refusals_of_the_user_are_wrong_credentials(cause: int) -> None:
    with pytest.raises(WrongCredentialsError):
        known_book().take(PLACE, reply(usm.REPORT, cause, is_authenticated=False), now=1.0)


def test_signed_clock_jump_is_followed() -> None:
    book = known_book()
    assert not book.take(PLACE, reply(usm.REPORT, 2, clock=(2, 7)), now=1.0)
    engine = book.get(PLACE)
    assert engine is not None
    assert engine.boots == 2


def test_unsigned_clock_jump_is_not_followed() -> None:
    with pytest.raises(WrongCredentialsError, match="clock"):
        known_book().take(PLACE, reply(usm.REPORT, 2, is_authenticated=False), now=1.0)


def test_old_reply_sent_again_is_refused() -> None:
    book = known_book()
    assert book.take(PLACE, reply(clock=(1, 900)), now=1.0)
    with pytest.raises(MalformedError, match="again"):
        book.take(PLACE, reply(clock=(1, 500)), now=2.0)


def test_reply_of_another_engine_is_refused() -> None:
    with pytest.raises(MalformedError, match="another"):
        known_book().take(PLACE, reply(engine_id=b"\x80other"), now=1.0)


def test_twins_with_one_engine_id_keep_a_clock_each() -> None:
    book = known_book()
    other = ("192.0.2.2", 161)
    book.take(other, reply(usm.REPORT, 4, clock=(9, 9), is_authenticated=False), now=0.0)
    first, second = book.get(PLACE), book.get(other)
    assert first is not None
    assert second is not None
    assert (first.boots, second.boots) == (1, 9)


def test_engine_id_that_is_too_short_is_refused() -> None:
    with pytest.raises(MalformedError, match="short"):
        EngineBook().take(PLACE, reply(usm.REPORT, 4, engine_id=b"abc"), now=0.0)


def test_unknown_report_is_a_refusal() -> None:
    with pytest.raises(RefusedError):
        known_book().take(PLACE, reply(usm.REPORT, 9), now=0.0)


def test_longest_unused_engine_is_forgotten() -> None:
    book = EngineBook(size=2)
    for last in range(3):
        book.take((f"192.0.2.{last}", 161), reply(usm.REPORT, 4), now=0.0)
    assert len(book) == 2
    assert book.get(("192.0.2.0", 161)) is None
