"""Tests of files: stored whole and once, typed by what is in them, collected in the end."""

from __future__ import annotations

import hashlib
import io
import os
import zipfile
from datetime import timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa
from flask import Flask

from parc.errors import InvalidInputError, NotAllowedError
from parc.extensions import db, transaction
from parc.models import AuditEntry, Document, DocumentSubject, Role
from parc.services.actor import Actor
from parc.services.document_store import DocumentStore, TooLargeError, sniff
from parc.services.documents import (
    MOST_TOGETHER,
    SentFile,
    add_document,
    clean_name,
    collect_files,
    delete_document,
    take_in,
)
from tests.conftest import SOME_MOMENT
from tests.factories import SOME_PERSON

READER = Actor(name="Eve", role=Role.READ_ONLY)


def _zip(*names: str, mimetype: str = "") -> bytes:
    body = io.BytesIO()
    with zipfile.ZipFile(body, "w") as book:
        if mimetype:
            book.writestr("mimetype", mimetype)
        for name in names:
            book.writestr(name, "x")
    return body.getvalue()


@pytest.mark.parametrize(
    ("body", "media_type"),
    [
        (b"%PDF-1.7\n", "application/pdf"),
        (b"\x89PNG\r\n\x1a\nxx", "image/png"),
        (b"\xff\xd8\xff\xe0", "image/jpeg"),
        (b"\x00\x00\x00\x18ftypheic", "image/heic"),
        (b"\x00\x00\x00\x18ftypmp42", "video/mp4"),
        (b"BM\x46\x00\x00\x00\x00\x00\x00\x00\x36", "image/bmp"),
        (b"BMW of the director: a scratch", "text/plain"),
        (b"RIFF\x00\x00\x00\x00WEBPVP8 ", "image/webp"),
        (b"<html><script>alert(1)</script>", "text/plain"),
        (b"<svg onload=alert(1)>", "text/plain"),
        ("facture n° 12".encode(), "text/plain"),
        ("facture n° 12".encode("cp1252"), "text/plain"),
        ("facture n° 12".encode("utf-16"), "text/plain"),
        (("a" * 4095 + "é").encode(), "text/plain"),
        (b"MZ\x90\x00\x03", "application/octet-stream"),
        (b"", "application/octet-stream"),
        (b"PK\x03\x04broken", "application/octet-stream"),
        (_zip("a.txt"), "application/zip"),
        (
            _zip("[Content_Types].xml", "xl/workbook.xml"),
            "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
        ),
        (
            _zip("c.xml", mimetype="application/vnd.oasis.opendocument.text"),
            "application/vnd.oasis.opendocument.text",
        ),
    ],
)
def test_type_is_told_by_what_is_in_a_file(body: bytes, media_type: str) -> None:
    assert sniff(io.BytesIO(body)) == media_type


def test_equal_files_lie_there_once(tmp_path: Path) -> None:
    store = DocumentStore(tmp_path)
    first, second = (store.put(io.BytesIO(b"same"), 100) for _ in range(2))
    assert first == second
    assert first.content_hash == hashlib.sha256(b"same").hexdigest()
    assert [path.name for path in store.folder.rglob("*") if path.is_file()] == [first.content_hash]
    assert store.is_whole(first.content_hash, 4)
    store.path(first.content_hash).write_bytes(b"else")
    assert not store.is_whole(first.content_hash, 4)
    assert not store.is_whole("0" * 64, 4)


def test_file_that_is_too_large_leaves_nothing(tmp_path: Path) -> None:
    store = DocumentStore(tmp_path)
    with pytest.raises(TooLargeError):
        store.put(io.BytesIO(b"x" * 101), 100)
    assert [path for path in store.folder.rglob("*") if path.is_file()] == []


@pytest.mark.parametrize("name", ["../../etc/passwd", "0" * 63, "Z" * 64, "0"])
def test_store_has_no_path_for_what_is_no_hash(tmp_path: Path, name: str) -> None:
    with pytest.raises(ValueError, match=name):
        DocumentStore(tmp_path).path(name)


@pytest.mark.parametrize(
    ("sent", "shown"),
    [
        ("C:\\Users\\ada\\contrat.pdf", "contrat.pdf"),
        ("../../etc/passwd", "passwd"),
        ("evil\u202egnp.exe\x00\n", "evilgnp.exe"),
        ("a" * 400, "a" * 255),
        ("/", ""),
    ],
)
def test_name_of_a_file_is_only_text(sent: str, shown: str) -> None:
    assert clean_name(sent) == shown


@pytest.fixture
def store(app: Flask) -> DocumentStore:
    return DocumentStore(app.extensions["parc_settings"].data_folder)


def _add(store: DocumentStore, body: bytes, actor: Actor = SOME_PERSON, name: str = "a.pdf") -> int:
    taken = take_in(store, [SentFile(name, io.BytesIO(body))], most_megabytes=1)
    with transaction() as session:
        return add_document(
            session,
            actor,
            (DocumentSubject.CONTRACT, 7),
            taken[0],
            subject_name="Printers",
            now=SOME_MOMENT,
        ).id


def test_documents_of_a_record_have_a_bound_together(store: DocumentStore) -> None:
    numbers = [_add(store, b"%PDF-1.7") for _ in range(2)]
    with transaction() as session:
        session.get_one(Document, numbers[0]).size_bytes = MOST_TOGETHER * 1024 * 1024 - 16
    with pytest.raises(InvalidInputError) as refused:
        _add(store, b"%PDF-1.7x")
    assert [problem.code for problem in refused.value.problems] == ["documents_too_large"]
    _add(store, b"%PDF-1.7")


def test_document_is_added_and_stands_in_the_history(store: DocumentStore) -> None:
    number = _add(store, b"%PDF-1.7", name="C:\\contrat.pdf")
    row = db.session.get_one(Document, number)
    assert (row.name, row.size_bytes, row.media_type) == ("contrat.pdf", 8, "application/pdf")
    entry = db.session.scalars(sa.select(AuditEntry)).one()
    assert (entry.subject_kind, entry.subject_id) == ("contract", 7)
    assert entry.changes == {"document": [None, "contrat.pdf"]}


@pytest.mark.parametrize(
    ("body", "name", "code"),
    [
        (b"", "a.pdf", "file_empty"),
        (b"x", "", "required"),
        (b"x" * 1_048_577, "a", "file_too_large"),
        (b"MZ\x90\x00\x03", "notes.txt", "file_type"),
    ],
)
def test_document_is_refused(store: DocumentStore, body: bytes, name: str, code: str) -> None:
    with pytest.raises(InvalidInputError) as caught:
        _add(store, body, name=name)
    assert [problem.code for problem in caught.value.problems] == [code]


def test_file_of_no_known_type_is_not_stored(store: DocumentStore) -> None:
    with pytest.raises(InvalidInputError):
        _add(store, b"MZ\x90\x00\x03", name="notes.txt")
    assert [path for path in store.folder.rglob("*") if path.is_file()] == []


def test_reader_may_neither_add_nor_delete(store: DocumentStore) -> None:
    number = _add(store, b"x")
    with pytest.raises(NotAllowedError):
        _add(store, b"y", READER)
    with pytest.raises(NotAllowedError), transaction() as session:
        delete_document(session, READER, number, subject_name="", now=SOME_MOMENT)


def test_files_of_deleted_documents_are_collected_after_a_day(store: DocumentStore) -> None:
    gone, stays = _add(store, b"gone"), _add(store, b"stays")
    with transaction() as session:
        delete_document(session, SOME_PERSON, gone, subject_name="", now=SOME_MOMENT)
    for path in store.folder.rglob("*"):
        os.utime(path, (SOME_MOMENT.timestamp(), SOME_MOMENT.timestamp()))
    with transaction() as session:
        assert collect_files(session, store, SOME_MOMENT) == 0
        assert collect_files(session, store, SOME_MOMENT + timedelta(days=2)) == 1
    left = db.session.get_one(Document, stays)
    assert store.is_whole(left.content_hash, left.size_bytes)
