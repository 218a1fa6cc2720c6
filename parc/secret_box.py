"""Sealing of secrets with a key that is not in the database.

AES-256-GCM (NIST SP 800-38D); the row and field a secret belongs to are authenticated with it,
so that a sealed value cannot be moved to another row. The key ring is a file of mode 0600 (or
``PARC_MASTER_KEY``): one line a key, ``key id: base64``; the first seals, all open.
"""

from __future__ import annotations

import base64
import binascii
import fcntl
import os
import secrets
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from parc.errors import SecretError

_KEY_OCTETS = 32
_NONCE_OCTETS = 12


class SecretBox:
    """Seals and opens; never shown, never pickled.

    Args:
        keys: id to key; the first seals.
        reread: gives the ring as it is now, so that a running server follows a rotation. It is
            asked before sealing, and when a value names a key that is not known yet.
    """

    __slots__ = ("_keys", "_reread")

    def __init__(
        self,
        keys: Mapping[str, bytes],
        reread: Callable[[], Mapping[str, bytes]] | None = None,
    ) -> None:
        if not keys:
            raise SecretError("The key ring is empty: run 'parc keys rotate'.")
        self._keys = dict(keys)
        self._reread = reread

    def __repr__(self) -> str:
        """Say how many keys there are, never which."""
        return f"SecretBox({len(self._keys)} keys)"

    @property
    def key_id(self) -> str:
        """Give the id of the key that seals."""
        return next(iter(self._keys))

    @property
    def key_ids(self) -> tuple[str, ...]:
        """Give the ids of all keys, the one that seals first."""
        return tuple(self._keys)

    @property
    def signing_key(self) -> bytes:
        """Derive the key that signs browser sessions, so that no second secret is kept."""
        return AESGCM(self._keys[self.key_id]).encrypt(bytes(_NONCE_OCTETS), b"session", b"signing")

    def seal_with_key(self, secret: bytes, place: str) -> tuple[str, bytes]:
        """Seal ``secret`` for ``place`` (such as ``credential:7``).

        Gives the id of the key it was sealed with, and nonce and text.

        Raises:
            SecretError: the key ring cannot be read any more.
        """
        self._refresh()
        nonce = secrets.token_bytes(_NONCE_OCTETS)
        sealed = AESGCM(self._keys[self.key_id]).encrypt(nonce, secret, place.encode())
        return self.key_id, nonce + sealed

    def open(self, sealed: bytes, key_id: str, place: str) -> bytes:
        """Open what ``seal_with_key`` gave.

        Raises:
            SecretError: no such key, or the value does not belong to this place or key.
        """
        if key_id not in self._keys:
            self._refresh()
        key = self._keys.get(key_id)
        if key is None:
            raise SecretError(f"The key ring does not hold key {key_id}: restore the key file.")
        try:
            return AESGCM(key).decrypt(
                sealed[:_NONCE_OCTETS], sealed[_NONCE_OCTETS:], place.encode()
            )
        except (InvalidTag, ValueError) as error:
            raise SecretError(
                f"The secret of {place} cannot be opened with key {key_id}."
            ) from error

    def _refresh(self) -> None:
        if self._reread is not None:
            self._keys = dict(self._reread()) or self._keys


def load_box(path: Path, environment: Mapping[str, str]) -> SecretBox:
    """Read the key ring from ``PARC_MASTER_KEY`` or the file; make the file at the first start.

    Raises:
        SecretError: the file is unreadable, readable by others, or not a key ring.
    """
    text = environment.get("PARC_MASTER_KEY")
    if text is not None:
        return SecretBox(_parse(text))
    _make_if_missing(path)
    return SecretBox(_parse(_read_private(path)), lambda: _parse(_read_private(path)))


def make_key_line() -> str:
    """Make a new key as a line of the ring, for who keeps the ring elsewhere."""
    return "{}: {}".format(*_encoded(*_new_key()))


@contextmanager
def rotating(path: Path) -> Iterator[None]:
    """Keep a second rotation of the same ring out; the lock goes with the process.

    Raises:
        SecretError: one is under way, or the folder cannot be opened.
    """
    try:
        folder = os.open(path.parent, os.O_RDONLY | os.O_DIRECTORY)
    except OSError as error:
        raise SecretError(f"{path.parent}: {error.strerror}") from error
    try:
        fcntl.flock(folder, fcntl.LOCK_EX | fcntl.LOCK_NB)
        yield
    except BlockingIOError as error:
        raise SecretError("Another rotation of the keys is under way.") from error
    finally:
        os.close(folder)


def add_key(path: Path) -> str:
    """Put a new key first in the ring, whole or not at all, and give its id.

    Raises:
        SecretError: the present ring cannot be read.
    """
    keys = _parse(_read_private(path))
    key_id, key = _new_key()
    _write(path, {key_id: key, **keys})
    return key_id


def drop_other_keys(path: Path, key_id: str) -> None:
    """Leave only ``key_id`` in the ring, once nothing is sealed with the others."""
    _write(path, {key_id: _parse(_read_private(path))[key_id]})


def _new_key() -> tuple[str, bytes]:
    return secrets.token_hex(4), secrets.token_bytes(_KEY_OCTETS)


def _encoded(key_id: str, key: bytes) -> tuple[str, str]:
    return key_id, base64.b64encode(key).decode()


def _make_if_missing(path: Path) -> None:
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True)
        key_id, key = _new_key()
        temporary = _write_temporary(path, {key_id: key})
        try:
            os.link(temporary, path)  # fails if another process made it meanwhile
        except FileExistsError:
            pass
        finally:
            temporary.unlink()


def _write(path: Path, keys: Mapping[str, bytes]) -> None:
    """Put a ring in the place of the present one, whole, so that a crash cannot lose it."""
    _write_temporary(path, keys).replace(path)
    folder = os.open(path.parent, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)


def _write_temporary(path: Path, keys: Mapping[str, bytes]) -> Path:
    temporary = path.with_name(f"{path.name}.{secrets.token_hex(4)}")
    lines = ["{}: {}\n".format(*_encoded(key_id, key)) for key_id, key in keys.items()]
    handle = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(handle, "w") as file:
        file.writelines(lines)
        file.flush()
        os.fsync(file.fileno())
    return temporary


def _read_private(path: Path) -> str:
    try:
        if path.stat().st_mode & 0o077:
            raise SecretError(f"{path} can be read by others: run 'chmod 600 {path}'.")
        return path.read_text(encoding="ascii")
    except (OSError, UnicodeDecodeError) as error:
        raise SecretError(f"{path}: the master key cannot be read ({error}).") from error


def _parse(text: str) -> dict[str, bytes]:
    keys: dict[str, bytes] = {}
    for line in filter(None, map(str.strip, text.splitlines())):
        key_id, _, encoded = line.partition(":")
        try:
            key = base64.b64decode(encoded.strip(), validate=True)
        except (binascii.Error, ValueError):
            key = b""
        if len(key) != _KEY_OCTETS:
            raise SecretError("The master key is damaged: restore the key file from its backup.")
        keys[key_id.strip()] = key
    return keys
