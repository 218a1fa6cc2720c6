"""Pages of departments: the tree as a list, the form of one, deletion."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from flask import Blueprint, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext, ngettext
from flask_babel import lazy_gettext as _

from parc.errors import InvalidInputError, NotFoundError
from parc.extensions import db, transaction
from parc.naming import folded
from parc.queries.departments import DepartmentNode, Departments, read_departments
from parc.queries.keyset import PageReader
from parc.queries.people import count_members, held_by_department
from parc.services import departments as service
from parc.services.departments import DepartmentDraft
from parc.services.permissions import Action, may
from parc.services.uses import InUseError, count_uses
from parc.web.access import actor, requires
from parc.web.context import now
from parc.web.exports import ListFiles, whole
from parc.web.formats import format_number
from parc.web.forms import (
    SEEN,
    Form,
    check_unchanged,
    filled,
    of_stored,
    read_form,
)
from parc.web.listing import (
    ColumnSpec,
    Empty,
    Line,
    ListRequest,
    ListSpec,
    ListView,
    cut_page,
    read_list,
    render_list,
)
from parc.web.messages import tell
from parc.web.uses import use_texts

departments = Blueprint("departments", __name__)

LABELS: Final[Mapping[str, str]] = {"name": _("Name"), "parent": _("Belongs to")}
_LIST: Final = ListSpec("departments.index", ("path",), "path")


@departments.get("/departments")
@requires(Action.VIEW_INVENTORY)
def index() -> ResponseReturnValue:
    """List all departments by their paths."""
    return render_list("departments/list.html", _view(read_list(_LIST)))


@departments.get("/departments/suggest")
@requires(Action.VIEW_INVENTORY)
def suggest() -> ResponseReturnValue:
    """Give the paths that hold what is typed, as options of a field."""
    words = folded(next(iter(request.args.values()), "")[:200]).split()
    tree = read_departments(db.session()).by_id.values()
    found = [one.path for one in tree if all(word in folded(one.path) for word in words)]
    return render_template("places/_suggest.html", texts=found[:12])


@departments.get("/departments/<int:department_id>")
@requires(Action.VIEW_INVENTORY)
def show(department_id: int) -> ResponseReturnValue:
    """Show a department: what it holds itself, and what lies below it."""
    tree = read_departments(db.session())
    node = _node(tree, department_id)
    members, _held = count_members(db.session())
    return render_template(
        "departments/show.html",
        node=node,
        parent=tree.by_id.get(node.parent_id) if node.parent_id else None,
        inner=[one for one in tree.by_id.values() if one.parent_id == node.id],
        member_count=sum(members.get(i, 0) for i in tree.within(node.id)),
        held=held_by_department(db.session(), tree.within(node.id)),
    )


@departments.get("/departments/new")
@requires(Action.EDIT_PERSON)
def new() -> ResponseReturnValue:
    """Show an empty form."""
    return _form_page(filled())


@departments.post("/departments/new")
@requires(Action.EDIT_PERSON)
def send_new() -> ResponseReturnValue:
    """Add a department."""
    return _send(None)


@departments.get("/departments/<int:department_id>/edit")
@requires(Action.EDIT_PERSON)
def edit(department_id: int) -> ResponseReturnValue:
    """Show the form of a department."""
    node = _node(read_departments(db.session()), department_id)
    return _form_page(_form_of(node), node)


@departments.post("/departments/<int:department_id>/edit")
@requires(Action.EDIT_PERSON)
def send_edit(department_id: int) -> ResponseReturnValue:
    """Change a department."""
    return _send(_node(read_departments(db.session()), department_id))


@departments.get("/departments/<int:department_id>/delete")
@requires(Action.DELETE_PERSON)
def delete(department_id: int) -> ResponseReturnValue:
    """Ask before deleting, or say what stands in the way."""
    return _delete_page(department_id)


@departments.post("/departments/<int:department_id>/delete")
@requires(Action.DELETE_PERSON)
def send_delete(department_id: int) -> ResponseReturnValue:
    """Delete a department."""
    read_form()
    try:
        with transaction() as session:
            name = service.delete_department(session, actor(), department_id, at=now())
    except InUseError:
        return _delete_page(department_id), 409
    tell(gettext("%(name)s is deleted.", name=name))
    return redirect(url_for("departments.index"))


def _node(tree: Departments, department_id: int) -> DepartmentNode:
    node = tree.by_id.get(department_id)
    if node is None:
        raise NotFoundError(f"There is no department {department_id}.")
    return node


def _form_of(node: DepartmentNode) -> Form:
    return of_stored(name=node.name, parent=read_departments(db.session()).path(node.parent_id))


def _send(node: DepartmentNode | None) -> ResponseReturnValue:
    form = read_form(*LABELS, SEEN)
    if node is not None:
        check_unchanged(form, _form_of(node))
    draft = DepartmentDraft(form.value("name"), form.value("parent"))
    try:
        with transaction() as session:
            saved = service.save_department(
                session, actor(), draft, at=now(), department_id=node.id if node else None
            )
            number, name = saved.id, saved.name
    except InvalidInputError as error:
        return _form_page(form.refused(error), node), 422
    tell(gettext("%(name)s is saved.", name=name))
    return redirect(url_for("departments.show", department_id=number))


def _form_page(form: Form, node: DepartmentNode | None = None) -> str:
    return render_template("departments/edit.html", form=form, node=node, labels=LABELS)


def _delete_page(department_id: int) -> str:
    node = _node(read_departments(db.session()), department_id)
    uses = use_texts(count_uses(db.session(), "department", department_id))
    return render_template("departments/delete.html", node=node, uses=uses)


def _rows(wanted: ListRequest) -> list[DepartmentNode]:
    words = folded(wanted.text).split()
    tree = read_departments(db.session()).by_id.values()
    rows = [one for one in tree if all(word in folded(one.path) for word in words)]
    return rows[::-1] if wanted.is_descending else rows


def _view(wanted: ListRequest) -> ListView:
    rows = _rows(wanted)
    page = cut_page(wanted, [(row.id, row) for row in rows])
    members, held = count_members(db.session())
    columns = [
        ColumnSpec("path", gettext("Department"), is_wide=True),
        ColumnSpec("people", gettext("People"), is_sortable=False, is_number=True),
        ColumnSpec("held", gettext("Holds"), is_sortable=False, is_number=True),
    ]
    previous_url, next_url = wanted.pages(page)
    return ListView(
        request=wanted,
        caption=gettext("Departments"),
        heads=wanted.heads(columns),
        rows=[
            Line(
                number,
                url_for("departments.show", department_id=number),
                row.path,
                [format_number(members.get(number, 0)), format_number(held.get(number, 0))],
            )
            for number, row in page.rows
        ],
        count=len(rows),
        count_text=ngettext(
            "%(count)s department",
            "%(count)s departments",
            len(rows),
            count=format_number(len(rows)),
        ),
        empty=_empty(wanted),
        previous_url=previous_url,
        next_url=next_url,
        search_label=gettext("Filter by a part of a path"),
    )


def _empty(wanted: ListRequest) -> Empty:
    if wanted.is_narrowed:
        return Empty(gettext("No department matches."), gettext("Search less."))
    if may(actor(), Action.EDIT_PERSON):
        return Empty(
            gettext("There is no department yet."),
            gettext("People belong to departments, which can hold assets too."),
            url_for("departments.new"),
            gettext("Add a department"),
        )
    return Empty(gettext("There is no department yet."))


def _heads() -> list[str]:
    return [gettext("Department"), gettext("People"), gettext("Holds")]


def _reader() -> PageReader:
    members, held = count_members(db.session())
    return whole(
        [row.path, str(members.get(row.id, 0)), str(held.get(row.id, 0))]
        for row in _rows(read_list(_LIST))
    )


ListFiles(_heads, _reader, list).offer(departments, "/departments/export")
