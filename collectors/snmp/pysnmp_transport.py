"""The SNMP transport over pysnmp: the only module that imports it.

v1 and v2c use pysnmp's messages and sockets without its engine: one socket serves all devices,
and a reply counts only from the address and port that were asked. v3 uses pysnmp's engines: making
one costs a tenth of a second and a megabyte, but an engine also keeps 20 kB of every device for
ever and slows down with each. So the devices of a user share an engine up to a number, and
engines that were not used lately are closed. pysnmp alone can wait for ever on some replies,
therefore every await here has its own deadline.
"""

from __future__ import annotations

import asyncio
import random
import socket
from contextlib import suppress
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Final

from pyasn1.codec.ber import decoder, encoder
from pyasn1.error import PyAsn1Error
from pyasn1.type import univ
from pysnmp.carrier.asyncio.dgram.udp import DOMAIN_NAME as UDP_DOMAIN
from pysnmp.carrier.asyncio.dgram.udp import UdpAsyncioTransport
from pysnmp.carrier.asyncio.dgram.udp6 import DOMAIN_NAME as UDP6_DOMAIN
from pysnmp.carrier.asyncio.dgram.udp6 import Udp6AsyncioTransport
from pysnmp.entity import config
from pysnmp.entity.engine import SnmpEngine
from pysnmp.entity.rfc3413.cmdgen import CommandGenerator
from pysnmp.error import PySnmpError
from pysnmp.proto import api, errind
from pysnmp.proto.api import verdec

from collectors import oids
from collectors.credentials import AuthProtocol, PrivProtocol, SnmpCredential, SnmpVersion
from collectors.errors import (
    CollectorError,
    MalformedError,
    NoAnswerError,
    RefusedError,
    WrongCredentialsError,
)
from collectors.snmp.codec import RESPONSE, VERSION_1, VERSION_2C, Message, encode_integer
from collectors.snmp.engines import (
    DECRYPTION_FAILED,
    SILENT_ENGINE,
    UNKNOWN_CONTEXT,
    UNKNOWN_USER,
    UNSUPPORTED_LEVEL,
    WRONG_DIGEST,
)
from collectors.snmp.transport import Endpoint, Pdu, Response, Tag, VarBind

_RECEIVE_BUFFER_OCTETS: Final = 4 * 1024 * 1024
_KEPT_ENGINES: Final = 16
_DEVICES_AN_ENGINE: Final = 64
_EXCHANGES: Final = 3  # v3: discovery, clock, request
# What pysnmp and pyasn1 raise on octets that are not what they should be.
_UNREADABLE: Final = (
    PyAsn1Error,
    PySnmpError,
    ValueError,
    IndexError,
    KeyError,
    TypeError,
    AttributeError,
)

_AUTH: Final[dict[AuthProtocol, Any]] = {
    AuthProtocol.NONE: config.USM_AUTH_NONE,
    AuthProtocol.MD5: config.USM_AUTH_HMAC96_MD5,
    AuthProtocol.SHA1: config.USM_AUTH_HMAC96_SHA,
    AuthProtocol.SHA224: config.USM_AUTH_HMAC128_SHA224,
    AuthProtocol.SHA256: config.USM_AUTH_HMAC192_SHA256,
    AuthProtocol.SHA384: config.USM_AUTH_HMAC256_SHA384,
    AuthProtocol.SHA512: config.USM_AUTH_HMAC384_SHA512,
}
_PRIV: Final[dict[PrivProtocol, Any]] = {
    PrivProtocol.NONE: config.USM_PRIV_NONE,
    PrivProtocol.DES: config.USM_PRIV_CBC56_DES,
    PrivProtocol.AES128: config.USM_PRIV_CFB128_AES,
    PrivProtocol.AES192: config.USM_PRIV_CFB192_AES,
    PrivProtocol.AES256: config.USM_PRIV_CFB256_AES,
    PrivProtocol.AES192_BLUMENTHAL: config.USM_PRIV_CFB192_AES_BLUMENTHAL,
    PrivProtocol.AES256_BLUMENTHAL: config.USM_PRIV_CFB256_AES_BLUMENTHAL,
}
_INTEGERS: Final = frozenset(
    {Tag.INTEGER, Tag.COUNTER32, Tag.GAUGE32, Tag.TIME_TICKS, Tag.COUNTER64},
)
_OCTETS: Final = frozenset({Tag.OCTET_STRING, Tag.IP_ADDRESS, Tag.OPAQUE})

_CREDENTIAL_WORDS: Final[dict[type, str]] = {
    errind.UnknownUserName: UNKNOWN_USER,
    errind.UnknownSecurityName: UNKNOWN_USER,
    errind.WrongDigest: WRONG_DIGEST,
    errind.AuthenticationFailure: WRONG_DIGEST,
    errind.AuthenticationError: WRONG_DIGEST,
    errind.DecryptionError: DECRYPTION_FAILED,
    errind.NotInTimeWindow: "the device's SNMPv3 clock does not agree (not in time window)",
    errind.UnsupportedSecurityLevel: UNSUPPORTED_LEVEL,
    errind.UnsupportedAuthProtocol: "the authentication protocol is not supported",
    errind.UnsupportedPrivProtocol: "the privacy protocol is not supported",
    errind.NoSuchContext: UNKNOWN_CONTEXT,
}

_RANDOM: Final = random.SystemRandom()


@dataclass(slots=True)
class _Pending:
    """A v1 or v2c request on its way, and what came instead of its reply."""

    address: tuple[str, int]
    reply: asyncio.Future[Response]
    takes_other_sources: bool = False
    is_unreadable: bool = False
    stranger: str = ""


class PysnmpTransport:
    """``SnmpTransport`` over pysnmp, for one event loop."""

    # It decodes about 120 full replies a second; more on their way would time out unread.
    most_in_flight = 200

    def __init__(self) -> None:
        self._sockets: dict[socket.AddressFamily, Any] = {}
        self._pending: dict[int, _Pending] = {}
        self._engines: list[_Engine] = []

    async def request(
        self,
        endpoint: Endpoint,
        pdu: Pdu,
        oids: list[bytes],
        *,
        non_repeaters: int = 0,
        max_repetitions: int = 0,
        timeout_seconds: float,
        retries: int,
    ) -> Response:
        """Send a request; see ``SnmpTransport.request`` for what it raises."""
        request_id = self._draw_request_id()
        is_v1 = endpoint.credential.version is SnmpVersion.V1
        module = api.PROTOCOL_MODULES[api.SNMP_VERSION_1 if is_v1 else api.SNMP_VERSION_2C]
        message = _build_pdu(module, pdu, oids, request_id)
        if pdu is Pdu.GET_BULK:
            module.apiBulkPDU.set_non_repeaters(message, non_repeaters)
            module.apiBulkPDU.set_max_repetitions(message, max_repetitions)
        attempt = 0
        while True:
            try:
                if endpoint.credential.version is SnmpVersion.V3:
                    return await self._ask_engine(endpoint, message, timeout_seconds)
                octets = _frame(module, endpoint.credential, message)
                return await self._ask(endpoint, request_id, octets, timeout_seconds)
            except (NoAnswerError, MalformedError):
                attempt += 1
                if attempt > retries:
                    raise

    async def close(self) -> None:
        """Give back all sockets."""
        for engine in self._engines:
            engine.close()
        self._engines.clear()
        for transport in self._sockets.values():
            transport.close_transport()
        self._sockets.clear()
        # The event loop closes sockets in its next round.
        await asyncio.sleep(0)

    def _draw_request_id(self) -> int:
        while True:
            request_id = _RANDOM.randrange(1, 2**31 - 1)
            if request_id not in self._pending:
                return request_id

    async def _ask(
        self,
        endpoint: Endpoint,
        request_id: int,
        octets: bytes,
        timeout_seconds: float,
    ) -> Response:
        family, address = _resolve(endpoint)
        transport = await self._open(family)
        reply: asyncio.Future[Response] = asyncio.get_running_loop().create_future()
        pending = _Pending(_peer(address), reply, endpoint.credential.takes_other_sources)
        self._pending[request_id] = pending
        try:
            async with asyncio.timeout(timeout_seconds):
                transport.send_message(octets, address)
                return await pending.reply
        except TimeoutError:
            raise _silence(endpoint, pending) from None
        except PySnmpError:
            raise RefusedError(endpoint.address, "the network refuses to send there") from None
        finally:
            del self._pending[request_id]

    async def _open(self, family: socket.AddressFamily) -> Any:
        if family not in self._sockets:
            kind = _Socket6 if family is socket.AF_INET6 else _Socket4
            transport = kind(self._receive).open_client_mode()
            self._sockets[family] = transport
            await transport._lport  # noqa: SLF001 -- pysnmp offers no other way to wait for it
            transport.transport.get_extra_info("socket").setsockopt(
                socket.SOL_SOCKET,
                socket.SO_RCVBUF,
                _RECEIVE_BUFFER_OCTETS,
            )
        return self._sockets[family]

    def _receive(self, address: tuple[Any, ...], octets: bytes) -> None:
        peer = _peer(address)
        try:
            message = decode_reply(octets)
        except ValueError:
            for pending in self._pending.values():
                if pending.address == peer:
                    pending.is_unreadable = True
            return
        waiting = self._pending.get(message.request_id)
        if waiting is None:
            return
        if waiting.address != peer and not waiting.takes_other_sources:
            waiting.stranger = f"{peer[0]} port {peer[1]}"
        elif not waiting.reply.done():
            response = Response(message.error_status, message.error_index, message.varbinds)
            waiting.reply.set_result(response)

    async def _ask_engine(
        self,
        endpoint: Endpoint,
        message: Any,
        timeout_seconds: float,
    ) -> Response:
        engine = self._choose_engine(endpoint)
        try:
            return await engine.ask(endpoint, message, timeout_seconds)
        except _ClockError:
            # Cloned devices share an engine id and differ in its clock: this one needs an
            # engine that has never heard of the other.
            engine.forget(endpoint)
            alone = self._add_engine(endpoint.credential, room=1)
            return await alone.ask(endpoint, message, timeout_seconds)

    def _choose_engine(self, endpoint: Endpoint) -> _Engine:
        fitting = [one for one in self._engines if one.credential == endpoint.credential]
        for engine in fitting:
            if engine.knows(endpoint):
                self._engines.remove(engine)
                self._engines.append(engine)
                return engine
        for engine in reversed(fitting):
            if engine.has_room:
                return engine
        return self._add_engine(endpoint.credential, room=_DEVICES_AN_ENGINE)

    def _add_engine(self, credential: SnmpCredential, room: int) -> _Engine:
        engine = _Engine(credential, room)
        self._engines.append(engine)
        idle = [one for one in self._engines[:-1] if one.in_flight == 0]
        for old in idle[: max(0, len(self._engines) - _KEPT_ENGINES)]:
            self._engines.remove(old)
            old.close()
        return engine


def decode_reply(octets: bytes) -> Message:
    """Decode a v1 or v2c reply by pyasn1: the second opinion on what the own codec refuses.

    Raises:
        ValueError: pyasn1 cannot read it either, or it is no reply.
    """
    try:
        version = verdec.decode_message_version(octets)
        module = api.PROTOCOL_MODULES[version]
        message, rest = decoder.decode(octets, asn1Spec=module.Message())
        pdu = module.apiMessage.get_pdu(message)
        if rest or not isinstance(pdu, module.GetResponsePDU):
            raise ValueError("no reply, or octets follow it")
        response = _read_pdu(module, pdu)
        return Message(
            VERSION_1 if version == api.SNMP_VERSION_1 else VERSION_2C,
            module.apiMessage.get_community(message).asOctets(),
            RESPONSE,
            int(module.apiPDU.get_request_id(pdu)),
            response.error_status,
            response.error_index,
            response.varbinds,
        )
    except _UNREADABLE:
        raise ValueError("the reply cannot be read") from None


def _silence(endpoint: Endpoint, pending: _Pending) -> CollectorError:
    if pending.is_unreadable:
        return MalformedError(endpoint.address, "its reply cannot be read")
    if pending.stranger:
        detail = f"a reply came from {pending.stranger} instead and was refused"
        return NoAnswerError(endpoint.address, detail)
    return NoAnswerError(endpoint.address, "no reply to SNMP")


class _ClockError(WrongCredentialsError):
    """The device's clock is not the one that its engine id had before."""


@dataclass(slots=True)
class _Device:
    """What a v3 engine knows of one device: its name there, and whether it ever answered."""

    name: str
    address: str
    peer: tuple[str, int]
    has_answered: bool = False


class _Engine:
    """One pysnmp v3 engine for some devices of one user."""

    def __init__(self, credential: SnmpCredential, room: int) -> None:
        self.credential = credential
        self.in_flight = 0
        self._room = room
        self._devices: dict[tuple[str, float], _Device] = {}
        self._given = 0
        self._heard: set[tuple[str, int]] = set()
        self._engine = SnmpEngine()
        self._families: set[socket.AddressFamily] = set()
        self._generator = CommandGenerator()
        _add_user(self._engine, credential)
        level = _security_level(credential)
        config.add_target_parameters(self._engine, "user", credential.user_name, level)

    @property
    def has_room(self) -> bool:
        """Whether another device may be added."""
        return self._given < self._room

    def knows(self, endpoint: Endpoint) -> bool:
        """Whether this engine has asked the device before."""
        return any(address == endpoint.address for address, _ in self._devices)

    def forget(self, endpoint: Endpoint) -> None:
        """Let another engine ask this device from now on."""
        for key in [key for key in self._devices if key[0] == endpoint.address]:
            del self._devices[key]

    def close(self) -> None:
        """Give back the sockets."""
        self._engine.close_dispatcher()

    async def ask(self, endpoint: Endpoint, message: Any, timeout_seconds: float) -> Response:
        """Send a PDU and wait for its reply; errors as in ``SnmpTransport.request``."""
        device = self._device(endpoint, timeout_seconds)
        reply: asyncio.Future[Response] = asyncio.get_running_loop().create_future()
        self.in_flight += 1
        try:
            async with asyncio.timeout(_EXCHANGES * timeout_seconds):
                self._generator.send_pdu(
                    self._engine,
                    device.name,
                    None,
                    self.credential.context_name,
                    message,
                    _finisher(endpoint.address, reply),
                    None,
                )
                response = await reply
        except NoAnswerError:
            raise self._silence(device) from None
        except TimeoutError:
            raise self._silence(device) from None
        except PySnmpError as error:
            raise _translate(endpoint.address, error) from None
        finally:
            self.in_flight -= 1
        device.has_answered = True
        return response

    def _device(self, endpoint: Endpoint, timeout_seconds: float) -> _Device:
        key = (endpoint.address, timeout_seconds)
        if key in self._devices:
            return self._devices[key]
        family, address = _resolve(endpoint)
        is_v6 = family is socket.AF_INET6
        domain = UDP6_DOMAIN if is_v6 else UDP_DOMAIN
        if family not in self._families:
            kind = _Guarded6 if is_v6 else _Guarded4
            config.add_transport(self._engine, domain, kind(self._heard).open_client_mode())
            self._families.add(family)
        self._given += 1
        device = _Device(f"device{self._given}", endpoint.address, _peer(address))
        centiseconds = max(1, round(timeout_seconds * 100))
        config.add_target_address(
            self._engine,
            device.name,
            domain,
            address,
            "user",
            centiseconds,
            0,
        )
        self._devices[key] = device
        return device

    def _silence(self, device: _Device) -> CollectorError:
        if device.peer in self._heard and not device.has_answered:
            return WrongCredentialsError(device.address, SILENT_ENGINE)
        return NoAnswerError(device.address, "no reply to SNMPv3")


def _finisher(address: str, reply: asyncio.Future[Response]) -> Any:
    def finish(_engine: Any, _handle: Any, error: Any, pdu: Any, _context: Any) -> None:
        if reply.done():
            return
        if error is not None:
            reply.set_exception(_translate(address, error))
            return
        try:
            reply.set_result(_read_pdu(api.v2c, pdu))
        except _UNREADABLE:
            reply.set_exception(MalformedError(address, "its reply cannot be read"))

    return finish


class _Receiving:
    """Hands datagrams to a function of ours instead of to a dispatcher of pysnmp."""

    def __init__(self, receive: Any) -> None:
        super().__init__()
        self._receive = receive

    def datagram_received(self, datagram: bytes, address: tuple[Any, ...]) -> None:
        self._receive(address, datagram)


class _Socket4(_Receiving, UdpAsyncioTransport):  # type: ignore[misc] # pysnmp has no types
    """One UDP socket for all IPv4 devices."""


class _Socket6(_Receiving, Udp6AsyncioTransport):  # type: ignore[misc] # pysnmp has no types
    """One UDP socket for all IPv6 devices."""


class _Guarded:
    """Notes who was heard, and drops what pysnmp cannot read."""

    def __init__(self, heard: set[tuple[str, int]]) -> None:
        super().__init__()
        self._heard = heard

    def datagram_received(self, datagram: bytes, address: tuple[Any, ...]) -> None:
        callback = getattr(self, "_callback_function", None)
        if callback is None:
            return
        self._heard.add(_peer(address))
        with suppress(*_UNREADABLE):
            callback(self, address, datagram)


class _Guarded4(_Guarded, UdpAsyncioTransport):  # type: ignore[misc] # pysnmp has no types
    """UDP over IPv4 for a v3 engine."""


class _Guarded6(_Guarded, Udp6AsyncioTransport):  # type: ignore[misc] # pysnmp has no types
    """UDP over IPv6 for a v3 engine."""


def _resolve(endpoint: Endpoint) -> tuple[socket.AddressFamily, tuple[Any, ...]]:
    """Give the family and the socket address; no name is ever looked up."""
    try:
        family, _, _, _, address = socket.getaddrinfo(
            endpoint.address,
            endpoint.credential.port,
            type=socket.SOCK_DGRAM,
            flags=socket.AI_NUMERICHOST,
        )[0]
    except OSError:
        raise RefusedError(endpoint.address, "not an IP address") from None
    return family, address


def _peer(address: tuple[Any, ...]) -> tuple[str, int]:
    return address[0].partition("%")[0], address[1]


def _frame(module: Any, credential: SnmpCredential, pdu: Any) -> bytes:
    message = module.Message()
    module.apiMessage.set_defaults(message)
    module.apiMessage.set_community(message, credential.community.encode())
    module.apiMessage.set_pdu(message, pdu)
    octets: bytes = encoder.encode(message)
    return octets


def _build_pdu(module: Any, pdu: Pdu, names: list[bytes], request_id: int) -> Any:
    kinds = {
        Pdu.GET: module.GetRequestPDU,
        Pdu.GET_NEXT: module.GetNextRequestPDU,
        Pdu.GET_BULK: getattr(module, "GetBulkRequestPDU", None),
    }
    kind = kinds[pdu]
    if kind is None:
        message = "SNMPv1 has no GETBULK"
        raise ValueError(message)
    request = kind()
    interface = module.apiBulkPDU if pdu is Pdu.GET_BULK else module.apiPDU
    interface.set_defaults(request)
    interface.set_request_id(request, request_id)
    null = univ.Null("")
    interface.set_varbinds(request, [(oids.decode(name), null) for name in names])
    return request


def _read_pdu(module: Any, pdu: Any) -> Response:
    varbinds = [_read_varbind(name, value) for name, value in module.apiPDU.get_varbinds(pdu)]
    return Response(
        int(module.apiPDU.get_error_status(pdu)),
        int(module.apiPDU.get_error_index(pdu, muteErrors=True)),
        varbinds,
    )


def _read_varbind(name: Any, value: Any) -> VarBind:
    outermost = value.tagSet.superTags[-1]
    tag = outermost.tagClass | outermost.tagId
    if tag in _INTEGERS:
        octets = encode_integer(int(value))
    elif tag in _OCTETS:
        octets = value.asOctets()
    elif tag == Tag.OBJECT_IDENTIFIER:
        octets = oids.encode_arcs(tuple(value))
    else:
        octets = b""
    return VarBind(oids.encode_arcs(tuple(name)), tag, octets)


def _security_level(credential: SnmpCredential) -> str:
    if credential.auth_protocol is AuthProtocol.NONE:
        return "noAuthNoPriv"
    return "authNoPriv" if credential.priv_protocol is PrivProtocol.NONE else "authPriv"


def _add_user(engine: Any, credential: SnmpCredential) -> None:
    auth = credential.auth_protocol
    priv = credential.priv_protocol if auth is not AuthProtocol.NONE else PrivProtocol.NONE
    config.add_v3_user(
        engine,
        credential.user_name,
        authProtocol=_AUTH[auth],
        authKey=None if auth is AuthProtocol.NONE else _key(auth, credential.auth_passphrase),
        privProtocol=_PRIV[priv],
        privKey=None if priv is PrivProtocol.NONE else _key(auth, credential.priv_passphrase),
        authKeyType=_key_type(auth is not AuthProtocol.NONE),
        privKeyType=_key_type(priv is not PrivProtocol.NONE),
    )


def _key_type(has_key: bool) -> int:  # noqa: FBT001 -- a fact, not a switch
    kind: int = config.USM_KEY_TYPE_MASTER if has_key else config.USM_KEY_TYPE_PASSPHRASE
    return kind


@lru_cache(maxsize=256)
def _key(auth: AuthProtocol, passphrase: str) -> Any:
    """Hash a passphrase to its master key (RFC 3414 §A.2); once, because it takes a megabyte."""
    return config.AUTH_SERVICES[_AUTH[auth]].hash_passphrase(passphrase.encode())


def _translate(address: str, error: Any) -> CollectorError:
    """Turn pysnmp's word for what went wrong into ours."""
    indication = error
    if isinstance(error, PySnmpError):
        status = error.args[0] if error.args else None
        indication = status.get("errorIndication") if isinstance(status, dict) else None
    words = _CREDENTIAL_WORDS.get(type(indication))
    if words is not None and isinstance(indication, errind.NotInTimeWindow):
        return _ClockError(address, words)
    if words is not None:
        return WrongCredentialsError(address, words)
    if isinstance(indication, errind.RequestTimedOut):
        return NoAnswerError(address, "no reply to SNMPv3")
    if isinstance(indication, errind.DeserializationError | errind.DataMismatch):
        return MalformedError(address, "its reply cannot be read")
    return RefusedError(address, f"SNMPv3: {type(indication).__name__}")
