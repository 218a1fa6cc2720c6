"""Files by their SHA-256 in the data folder: written whole or not at all, equal ones once."""

from __future__ import annotations

import codecs
import hashlib
import io
import os
import secrets
import stat
import zipfile
from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import IO, Final

FOLDER: Final = "documents"
_CHUNK: Final = 64 * 1024
_HASH_LENGTH: Final = 64
_HEAD: Final = 4096
_DIGITS: Final = frozenset("0123456789abcdef")
_NO_TEXT: Final = frozenset(range(32)) - frozenset(b"\t\n\f\r\x1b")  # logs may be coloured
# Younger than this, a file may belong to a transaction that has not ended.
_GRACE: Final = timedelta(days=1)
_TEXT: Final = "text/plain"
OTHER: Final = "application/octet-stream"
_SIGNS: Final = (
    (b"%PDF-", "application/pdf"),
    (b"\x89PNG\r\n\x1a\n", "image/png"),
    (b"\xff\xd8\xff", "image/jpeg"),
    (b"GIF87a", "image/gif"),
    (b"GIF89a", "image/gif"),
    (b"II*\x00", "image/tiff"),
    (b"MM\x00*", "image/tiff"),
    (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "application/x-ole-storage"),
    (b"7z\xbc\xaf\x27\x1c", "application/x-7z-compressed"),
    (b"Rar!\x1a\x07", "application/vnd.rar"),
    (b"\xfd7zXZ\x00", "application/x-xz"),
    (b"\x1f\x8b", "application/gzip"),
    (b"{\\rtf", "application/rtf"),
)
_BRANDS: Final = {
    **dict.fromkeys((b"heic", b"heix", b"hevc", b"mif1", b"msf1"), "image/heic"),
    b"avif": "image/avif",
    b"qt  ": "video/quicktime",
}
_OFFICE: Final = (
    ("word/", "application/vnd.openxmlformats-officedocument.wordprocessingml.document"),
    ("xl/", "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"),
    ("ppt/", "application/vnd.openxmlformats-officedocument.presentationml.presentation"),
)
_OPEN_DOCUMENT: Final = "application/vnd.oasis.opendocument."


# Gives what is kept instead of a file of this type, or None.
Rewrite = Callable[[IO[bytes], str], bytes | None]


class TooLargeError(ValueError):
    """The file is larger than is allowed."""


@dataclass(frozen=True, slots=True)
class Stored:
    """A file that lies in the store."""

    content_hash: str
    size_bytes: int
    media_type: str


class DocumentStore:
    """The folder of files; knows no database.

    Args:
        name: of the folder; files on their way into the inventory lie apart from documents.
    """

    def __init__(self, data_folder: Path, name: str = FOLDER) -> None:
        self.folder = data_folder / name

    def put(self, stream: IO[bytes], most_bytes: int, rewrite: Rewrite | None = None) -> Stored:
        """Store what a stream gives, or what ``rewrite`` makes of it.

        Raises:
            TooLargeError: it gives more than ``most_bytes``.
        """
        self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        draft = self.folder / f".draft-{secrets.token_hex(8)}"
        try:
            digest, size = _copy(stream, draft, most_bytes)
            with draft.open("rb") as file:
                media_type = sniff(file)
                other = rewrite(file, media_type) if rewrite else None
            if other is not None:
                draft.unlink()
                digest, size = _copy(io.BytesIO(other), draft, most_bytes)
            target = self.path(digest)
            target.parent.mkdir(mode=0o700, exist_ok=True)
            draft.replace(target)
            _sync_folder(target.parent)
        finally:
            draft.unlink(missing_ok=True)
        return Stored(digest, size, media_type)

    def path(self, content_hash: str) -> Path:
        """Give where a file of this hash lies.

        Raises:
            ValueError: it is no hash.
        """
        if len(content_hash) != _HASH_LENGTH or not set(content_hash) <= _DIGITS:
            raise ValueError(content_hash)
        return self.folder / content_hash[:2] / content_hash

    def is_whole(self, content_hash: str, size_bytes: int) -> bool:
        """Tell whether a file is there and what its name says."""
        try:
            with self.path(content_hash).open("rb") as file:
                found = hashlib.file_digest(file, "sha256").hexdigest()
                return found == content_hash and file.tell() == size_bytes
        except OSError:
            return False

    def old_files(self, now: datetime) -> Iterator[Path]:
        """Give the files that no transaction under way can have made, drafts among them."""
        limit = (now - _GRACE).timestamp()
        for path in sorted(self.folder.rglob("*")) if self.folder.is_dir() else ():
            status = path.lstat()
            if stat.S_ISREG(status.st_mode) and status.st_mtime < limit:
                yield path

    def collect(self, known: Collection[str], now: datetime) -> int:
        """Delete old files that no document names; gives how many."""
        count = 0
        for path in self.old_files(now):
            if path.name not in known:
                path.unlink(missing_ok=True)
                count += 1
        return count


def sniff(file: IO[bytes]) -> str:
    """Tell the type of a file by what is in it, never by its name; HTML and SVG are plain text."""
    head = file.read(_HEAD)
    for sign, media_type in _SIGNS:
        if head.startswith(sign):
            return media_type
    if head[:2] == b"BM" and head[6:10] == bytes(4):  # a text may begin with BM, too
        return "image/bmp"
    if head[:4] == b"RIFF" and head[8:12] == b"WEBP":
        return "image/webp"
    if head[4:8] == b"ftyp":  # ISO 14496-12: the brand tells pictures of phones from films
        return _BRANDS.get(head[8:12], "video/mp4")
    if head.startswith(b"PK\x03\x04"):
        return _sniff_zip(file)
    return _TEXT if _is_text(head) else OTHER


def _sniff_zip(file: IO[bytes]) -> str:
    file.seek(0)
    try:
        with zipfile.ZipFile(file) as book:
            names = book.namelist()
    except (zipfile.BadZipFile, OSError, ValueError, NotImplementedError):
        return OTHER
    if "[Content_Types].xml" in names:
        for start, media_type in _OFFICE:
            if any(name.startswith(start) for name in names):
                return media_type
    file.seek(0)
    head = file.read(200)
    mark = b"mimetype" + _OPEN_DOCUMENT.encode()
    if mark in head:
        for kind in ("text", "spreadsheet", "presentation"):
            if mark + kind.encode() in head:
                return _OPEN_DOCUMENT + kind
    return "application/zip"


def _is_text(head: bytes) -> bool:
    """Tell whether it may be text, in whatever encoding: it holds no signs that text has not."""
    if head.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        head = head.decode("utf-16", errors="ignore").encode("utf-8", errors="ignore")
    return bool(head) and not _NO_TEXT.intersection(head)


def _copy(stream: IO[bytes], target: Path, most_bytes: int) -> tuple[str, int]:
    digest, size = hashlib.sha256(), 0
    descriptor = os.open(target, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        while chunk := stream.read(_CHUNK):
            size += len(chunk)
            if size > most_bytes:
                raise TooLargeError(str(most_bytes))
            digest.update(chunk)
            file.write(chunk)
        file.flush()
        os.fsync(file.fileno())
    return digest.hexdigest(), size


def _sync_folder(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
