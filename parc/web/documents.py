"""Documents of records: taken in, listed by ``documents/_card.html``, given out as downloads only.

How a page offers them: its view hands ``document_card(kind, id, …)`` to the template, which says
``{% include "documents/_card.html" %}``; its route for new ones is decorated with ``takes_files``
and calls ``receive``.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from io import BytesIO
from typing import Any, TypeVar, cast

from flask import (
    Blueprint,
    abort,
    current_app,
    redirect,
    render_template,
    request,
    send_file,
    url_for,
)
from flask.typing import ResponseReturnValue
from flask_babel import gettext

from parc.errors import InvalidInputError
from parc.extensions import db, transaction
from parc.models import Document, DocumentSubject
from parc.queries.documents import documents_of, get_document, subject_name
from parc.services import documents as service
from parc.services.document_store import DocumentStore
from parc.services.documents import RIGHTS
from parc.services.permissions import Action, may
from parc.web.access import actor, requires
from parc.web.context import now, settings
from parc.web.forms import read_form
from parc.web.messages import tell
from parc.web.problems import tell_problem

documents = Blueprint("documents", __name__)

View = TypeVar("View", bound=Callable[..., Any])
_MEBI = 1024 * 1024
_FORM_BYTES = 256 * 1024
_NO_FILE = service.SentFile("", BytesIO())
_POLICY = "default-src 'none'; sandbox"
# The address of the sheet on which the documents of a kind stand.
SHEETS: Mapping[DocumentSubject, Callable[[int], str]] = {
    DocumentSubject.CONTRACT: lambda number: url_for("contracts.show", contract_id=number),
    DocumentSubject.SUPPLIER: lambda number: url_for("suppliers.show", supplier_id=number),
    DocumentSubject.ENTITLEMENT: lambda number: url_for("licences.show", entitlement_id=number),
    DocumentSubject.MOVEMENT: lambda number: url_for("movements.show", movement_id=number),
    DocumentSubject.INCIDENT: lambda number: url_for("incidents.show", incident_id=number),
}


@dataclass(frozen=True, slots=True)
class DocumentCard:
    """What ``documents/_card.html`` shows; ``add_url`` is empty for who may not add.

    Attributes:
        has_requester: somebody reads those that are public.
    """

    rows: Sequence[Document]
    add_url: str
    most_megabytes: int
    has_requester: bool


def takes_files(view: View) -> View:
    """Let who may call a view send a body as large as documents may be."""
    cast("Any", view).takes_files = True
    return view


def takes_megabytes(most: int) -> Callable[[View], View]:
    """Let who may call a view send a file of as many megabytes."""

    def decorate(view: View) -> View:
        cast("Any", view).takes_files = True
        cast("Any", view).most_megabytes = most
        return view

    return decorate


def raise_body_limit() -> None:
    """Before a form is read: allow a larger body where files are taken, for who may send them."""
    view = current_app.view_functions.get(request.endpoint or "")
    action = getattr(view, "required_action", None)
    if getattr(view, "takes_files", False) and action is not None and may(actor(), action):
        megabytes = getattr(view, "most_megabytes", settings().documents.max_megabytes)
        request.max_content_length = megabytes * _MEBI + _FORM_BYTES


def store() -> DocumentStore:
    """Give the folder of files."""
    return DocumentStore(settings().data_folder)


def document_card(kind: DocumentSubject, subject_id: int, add_url: str) -> DocumentCard:
    """Read the documents of a record for its sheet."""
    is_editable = may(actor(), RIGHTS[kind][1])
    return DocumentCard(
        documents_of(db.session(), kind, subject_id),
        add_url if is_editable else "",
        settings().documents.max_megabytes,
        kind is DocumentSubject.INCIDENT,
    )


@contextmanager
def sent_files(*fields: str, is_public: bool = False) -> Iterator[list[service.SentFile]]:
    """Give the files of these fields of the form, and close them afterwards."""
    files = [file for field in fields for file in request.files.getlist(field) if file.filename]
    try:
        yield [service.SentFile(one.filename or "", one.stream, is_public) for one in files]
    finally:
        for file in files:
            file.close()


def take_in(files: Sequence[service.SentFile], most_megabytes: int) -> list[service.TakenFile]:
    """Put files into the store, before the transaction that says whose they are."""
    return service.take_in(store(), files, most_megabytes=most_megabytes)


def receive(kind: DocumentSubject, subject_id: int, name: str, back: str) -> ResponseReturnValue:
    """Take the file of the form in, tie it to a record, and lead back to its sheet."""
    form = read_form(*(["is_public"] if kind is DocumentSubject.INCIDENT else []))
    try:
        with sent_files("file", is_public=form.is_checked("is_public")) as files:
            taken = take_in(files[:1] or [_NO_FILE], settings().documents.max_megabytes)
        with transaction() as session:
            row = service.add_document(
                session, actor(), (kind, subject_id), taken[0], subject_name=name, now=now()
            )
            tell(gettext("%(name)s is added.", name=row.name))
    except InvalidInputError as error:
        tell(" ".join(map(tell_problem, error.problems)), kind="error")
    return redirect(back)


@documents.get("/documents/<int:document_id>")
@requires(Action.VIEW_INVENTORY)
def download(document_id: int) -> ResponseReturnValue:
    """Give a document out."""
    row = get_document(db.session(), document_id)
    if not may(actor(), RIGHTS[row.subject_kind][0]):
        abort(404)
    return send_document(row)


@documents.get("/documents/<int:document_id>/delete")
@requires(Action.EDIT_ASSET)
def delete(document_id: int) -> ResponseReturnValue:
    """Ask before a document is taken off its record."""
    row = _editable(document_id)
    return render_template("documents/delete.html", row=row, back=_sheet_url(row))


@documents.post("/documents/<int:document_id>/delete")
@requires(Action.EDIT_ASSET)
def send_delete(document_id: int) -> ResponseReturnValue:
    """Take a document off its record."""
    read_form()
    row = _editable(document_id)
    back, name, of = _sheet_url(row), row.name, subject_name(db.session(), row)
    with transaction() as session:
        service.delete_document(session, actor(), document_id, subject_name=of, now=now())
    tell(gettext("%(name)s is deleted.", name=name))
    return redirect(back)


def _editable(document_id: int) -> Document:
    row = get_document(db.session(), document_id)
    if not may(actor(), RIGHTS[row.subject_kind][1]):
        abort(404)
    return row


def _sheet_url(row: Document) -> str:
    sheet = SHEETS.get(row.subject_kind)
    return sheet(row.subject_id) if sheet else url_for("dashboard.show")


def send_document(row: Document) -> ResponseReturnValue:
    """Answer with a file to keep: the browser shows and runs nothing of it."""
    try:
        stream = store().path(row.content_hash).open("rb")
    except (OSError, ValueError):
        abort(404, description=gettext("The file of this document is missing."))
    answer = send_file(
        stream, mimetype=row.media_type, as_attachment=True, download_name=row.name, etag=False
    )
    answer.headers["Content-Security-Policy"] = _POLICY
    return answer
