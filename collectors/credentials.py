"""What a collector shows to a device to be let in; secrets never appear in ``repr``."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum


class SnmpVersion(StrEnum):
    """Message versions of RFC 1157, RFC 1901 and RFC 3412."""

    V1 = "v1"
    V2C = "v2c"
    V3 = "v3"


class AuthProtocol(StrEnum):
    """Authentication of the User-based Security Model (RFC 3414, RFC 7860)."""

    NONE = "none"
    MD5 = "md5"
    SHA1 = "sha1"
    SHA224 = "sha224"
    SHA256 = "sha256"
    SHA384 = "sha384"
    SHA512 = "sha512"


class PrivProtocol(StrEnum):
    """Privacy of the User-based Security Model (RFC 3414, RFC 3826).

    AES-192 and AES-256 have two key extensions in use: Reeder's (Cisco; the plain names here)
    and Blumenthal's (draft-blumenthal-aes-usm).
    """

    NONE = "none"
    DES = "des"
    AES128 = "aes128"
    AES192 = "aes192"
    AES256 = "aes256"
    AES192_BLUMENTHAL = "aes192_blumenthal"
    AES256_BLUMENTHAL = "aes256_blumenthal"


@dataclass(frozen=True, slots=True)
class SnmpCredential:
    """One way of asking by SNMP.

    Attributes:
        version: message version.
        community: for v1 and v2c.
        user_name: for v3, with the protocols and passphrases that its level needs.
        context_name: SNMPv3 context, empty for the default one.
        port: UDP port of the agent.
        is_compatible: ask through pysnmp, slowly, for agents that the own client cannot read.
        takes_other_sources: take a reply that comes from another address or port than was
            asked; some devices with several addresses answer so, and so may anyone who guesses
            a request id.
        id: the application's number for it, so that results can name it without its secrets.
    """

    version: SnmpVersion
    community: str = field(default="", repr=False)
    user_name: str = ""
    auth_protocol: AuthProtocol = AuthProtocol.NONE
    auth_passphrase: str = field(default="", repr=False)
    priv_protocol: PrivProtocol = PrivProtocol.NONE
    priv_passphrase: str = field(default="", repr=False)
    context_name: str = ""
    port: int = 161
    is_compatible: bool = False
    takes_other_sources: bool = False
    id: int | None = None
