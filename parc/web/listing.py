"""One list component for every list of Parc: assets, devices, runs, users.

The address holds search, filters, sort and page, and is the whole truth; names that a list does
not declare are refused with 422. How a page uses it:

1. Declare a ``ListSpec``: endpoint, names of sort columns, names of filters.
2. In the view: ``request_list = read_list(SPEC)``, then read rows by ``request_list.text``,
   ``.chosen``, ``.sort``, ``.is_descending``, ``.size`` and ``.cursor(sort_column)`` (keyset; see
   ``parc/queries/keyset.py``).
3. Build a ``ListView``: ``heads`` by ``request_list.heads(columns)``, ``rows`` as ``Line`` with the
   cells as texts (or ``Markup`` made by ``Markup.format``), ``facets`` of ``FacetView`` made by
   ``request_list.facet(…)``, ``chips`` by ``request_list.chips(facets)``, and ``previous_url`` and
   ``next_url`` by ``request_list.pages(page)``.
4. ``return render_list("assets/list.html", view, …)``: the page extends ``base.html`` and does
   ``{% include "_list/page.html" %}``; htmx is given ``_list/list.html`` alone.

Rows can be ticked when ``view.bulk_url`` is set: the ticked ids are sent as ``id``; ``all=1`` with
the hidden filters means all rows that match. The template's block for the buttons is the page's
own ``_bulk.html``, named in ``view.bulk_template``.
"""

from __future__ import annotations

import enum
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, NoReturn, TypeVar
from urllib.parse import urlencode

from flask import abort, render_template, request, url_for
from flask_babel import gettext
from markupsafe import Markup

from parc.queries.keyset import (
    ANY_PLACE,
    Cursor,
    CursorError,
    Order,
    Page,
    SortColumn,
    read_token,
    write_token,
)
from parc.row_keys import row_key
from parc.web.cells import known_number
from parc.web.context import is_htmx
from parc.web.forms import Form

SIZES = (25, 50, 100, 200)
DEFAULT_SIZE = 50
MAX_TEXT = 200
_MAX_VALUES = 200
_OPTIONS_SHOWN = 8

_OWN = frozenset({"q", "sort", "size", "after", "before", "more"})

Cell = str | Markup
Member = TypeVar("Member", bound=enum.StrEnum)
_ATTRIBUTES = {
    "": Markup(' data-label="{}"'),
    "wide": Markup(' class="wide" data-label="{}"'),
    "number": Markup(' class="number" data-label="{}"'),
    "whole": Markup(' class="whole" data-label="{}"'),
}
_BARE = {"": Markup(""), "wide": Markup(""), "number": Markup(' class="number"')}
_NOTHING = "—"
_LONG_NAME = 28
_WHOLE = 20


@dataclass(frozen=True, slots=True)
class ListSpec:
    """What a list's address may hold; ``default_sort`` starts with a hyphen to fall."""

    endpoint: str
    sorts: Sequence[str]
    default_sort: str
    filters: Sequence[str] = ()
    has_search: bool = True
    arguments: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class ColumnSpec:
    """One column: its name in the address, its heading, and whether rows may be sorted by it.

    A wide one holds long words, such as models: they may break anywhere, so that the rest fits.
    """

    name: str
    label: str
    is_sortable: bool = True
    is_number: bool = False
    is_wide: bool = False


@dataclass(frozen=True, slots=True)
class Head:
    """A heading of the table; ``direction`` is ``asc``, ``desc`` or empty."""

    name: str
    label: str
    url: str
    direction: str
    is_number: bool
    is_wide: bool = False


@dataclass(frozen=True, slots=True)
class Line:
    """One row: its id, its address (empty for none), its name, the cells after the first."""

    id: int
    url: str
    name: str
    cells: Sequence[Cell]

    @property
    def is_sentence(self) -> bool:
        """Tell whether the name is so long that it had better wrap between its words."""
        return len(self.name) > _LONG_NAME and " " in self.name


@dataclass(frozen=True, slots=True)
class Option:
    """One value of a filter with its count (as text) and the address that toggles it."""

    value: str
    label: str
    count: str
    is_chosen: bool
    url: str


@dataclass(frozen=True, slots=True)
class FacetView:
    """One side filter; ``more_url`` shows all values when only the commonest are shown."""

    name: str
    label: str
    options: Sequence[Option]
    more_url: str = ""


@dataclass(frozen=True, slots=True)
class SpanView:
    """A side filter from one value to another: the names of both ends, and the type of fields."""

    label: str
    first: str
    last: str
    type: str


@dataclass(frozen=True, slots=True)
class Chip:
    """One filter in force, and the address without it."""

    label: str
    url: str


@dataclass(frozen=True, slots=True)
class Empty:
    """What an empty list says, and what to do next."""

    text: str
    hint: str = ""
    url: str = ""
    link: str = ""


@dataclass(frozen=True, slots=True)
class ListRequest:
    """The address of a list, read and checked."""

    spec: ListSpec
    text: str
    chosen: Mapping[str, tuple[str, ...]]
    sort: str
    is_descending: bool
    size: int
    after: str
    before: str
    more: str

    @property
    def is_narrowed(self) -> bool:
        """Tell whether anything is filtered or searched."""
        return bool(self.text or self.chosen)

    def order(self, sorts: Mapping[str, SortColumn], key: Any) -> Order:
        """Give the order that the address asks for; ``key`` is the unique column of the rows."""
        return Order(sorts[self.sort], key, self.is_descending)

    def words(self, name: str, known: Collection[str]) -> Sequence[str]:
        """Read the values of a filter; a word that is not known is refused with 422."""
        words = self.chosen.get(name, ())
        if not set(words) <= set(known):
            refuse(gettext("The filter %(name)s cannot be read.", name=name))
        return words

    def keys(self, name: str) -> tuple[int, ...]:
        """Read the values of a filter as keys of rows; what is none is refused with 422."""
        return read_keys(name, self.chosen.get(name, ()))

    def cursor(self, column: SortColumn) -> Cursor | None:
        """Read the page token; a wrong one is refused with 422."""
        token = self.after or self.before
        if not token:
            return None
        try:
            return read_token(token, column, is_backward=not self.after)
        except CursorError:
            abort(422, description=gettext("This page does not exist any more."))

    def parameters(self) -> list[tuple[str, str]]:
        """Give search, filters, sort and size as an address holds them, without the page."""
        pairs = [("q", self.text)] if self.text else []
        pairs += [(name, value) for name, values in self.chosen.items() for value in values]
        order = ("-" if self.is_descending else "") + self.sort
        if order != self.spec.default_sort:
            pairs.append(("sort", order))
        if self.size != DEFAULT_SIZE:
            pairs.append(("size", str(self.size)))
        return pairs

    def url(self, pairs: Iterable[tuple[str, str]] | None = None, endpoint: str = "") -> str:
        """Give the address of the list with these parameters, by default the present ones."""
        base = url_for(endpoint or self.spec.endpoint, **self.spec.arguments)
        query = urlencode(list(self.parameters() if pairs is None else pairs))
        return f"{base}?{query}" if query else base

    @property
    def query(self) -> str:
        """Give the parameters with their question mark, for another address of the same list."""
        pairs = self.parameters()
        return f"?{urlencode(pairs)}" if pairs else ""

    def heads(self, columns: Iterable[ColumnSpec]) -> list[Head]:
        """Give the headings; the one that sorts turns the order around."""
        rest = [pair for pair in self.parameters() if pair[0] != "sort"]
        found = []
        for column in columns:
            is_current = column.name == self.sort
            url = ""
            if column.is_sortable:
                falls = is_current and not self.is_descending
                order = ("-" if falls else "") + column.name
                url = self.url([*rest, ("sort", order)])
            direction = ("desc" if self.is_descending else "asc") if is_current else ""
            found.append(
                Head(
                    column.name,
                    str(column.label),
                    url,
                    direction,
                    column.is_number,
                    column.is_wide,
                )
            )
        return found

    def facet(
        self,
        name: str,
        label: str,
        counts: Mapping[str, int],
        name_of: Callable[[str], str],
        *,
        is_lower_bound: bool = False,
        order: Sequence[str] = (),
    ) -> FacetView:
        """Show a side filter: the commonest values, or all of them after "more".

        Args:
            counts: by value; values without rows are left out unless they are chosen.
            name_of: what a value is called in the reader's language.
            is_lower_bound: the counts are of a part of the rows, and shown with a plus sign.
            order: values in a fixed order; else the commonest come first.
        """
        chosen = self.chosen.get(name, ())
        values = [value for value in order or counts if counts.get(value) or value in chosen]
        values += [value for value in chosen if value not in values]
        if not order:
            values.sort(key=lambda value: (-counts.get(value, 0), value))
        more_url = ""
        if len(values) > _OPTIONS_SHOWN + 1 and self.more != name:
            shown = values[:_OPTIONS_SHOWN]
            values = shown + [value for value in values[_OPTIONS_SHOWN:] if value in chosen]
            more_url = self.url([*self.parameters(), ("more", name)])
        plus = "+" if is_lower_bound else ""
        base = self.parameters()
        options = [
            Option(
                value,
                name_of(value),
                f"{known_number(counts.get(value, 0))}{plus}",
                value in chosen,
                self.url(_toggled(base, (name, value))),
            )
            for value in values
        ]
        return FacetView(name, str(label), options, more_url)

    def plain_facet(
        self, name: str, label: str, values: Mapping[str, str], default: str = ""
    ) -> FacetView:
        """Show a side filter of one choice whose values are not counted.

        Args:
            default: the value that holds when none is chosen; it is shown as chosen.
        """
        chosen = self.chosen.get(name, ())
        base = [pair for pair in self.parameters() if pair[0] != name]
        options = [
            Option(
                value,
                str(text),
                "",
                value in chosen or (not chosen and value == default),
                self.url(base if value in chosen else [*base, (name, value)]),
            )
            for value, text in values.items()
        ]
        return FacetView(name, str(label), options)

    def chips(self, facets: Iterable[FacetView]) -> list[Chip]:
        """Give the filters in force, each with the address without it."""
        return [
            Chip(facet.label + gettext(": ") + option.label, option.url)
            for facet in facets
            for option in facet.options
            if option.is_chosen and option.value in self.chosen.get(facet.name, ())
        ]

    def clear_url(self) -> str:
        """Give the address without search and filters."""
        return self.url([pair for pair in self.parameters() if pair[0] in {"sort", "size"}])

    def pages(self, page: Page) -> tuple[str, str]:
        """Give the addresses of the page before and after; empty where there is none."""
        base = self.parameters()
        before = page.previous and self.url([*base, ("before", write_token(page.previous))])
        after = page.next and self.url([*base, ("after", write_token(page.next))])
        return before or "", after or ""


@dataclass(frozen=True, slots=True)
class ListView:
    """All that ``_list/page.html`` and ``_list/list.html`` show.

    Attributes:
        period_names: the two filters that hold a first and a last day, if the list has them.
    """

    request: ListRequest
    caption: str
    heads: Sequence[Head]
    rows: Sequence[Line]
    count_text: str
    empty: Empty
    count: int = 0
    previous_url: str = ""
    next_url: str = ""
    facets: Sequence[FacetView] = ()
    spans: Sequence[SpanView] = ()
    chips: Sequence[Chip] = ()
    search_label: str = ""
    bulk_url: str = ""
    bulk_template: str = ""
    columns_url: str = ""
    all_columns: Sequence[tuple[str, str]] = ()
    period_names: Sequence[str] = ()

    @property
    def clear_url(self) -> str:
        """Give the address without search and filters."""
        return self.request.clear_url()

    def labelled(self) -> Iterator[tuple[Line, Iterator[tuple[Markup, Cell]]]]:
        """Give the rows, each cell with the attributes that its column gives it.

        The heading, escaped, is what names a cell on narrow screens; there, one that holds
        nothing is left out, as it has no name. Short numbers and names of one word stay whole.
        """
        looks = [_look(head) for head in self.heads[1:]]
        labels = [head.label for head in self.heads[1:]]
        named = [_ATTRIBUTES[one].format(text) for one, text in zip(looks, labels, strict=True)]
        whole = [
            _ATTRIBUTES[one if one == "number" else "whole"].format(text)
            for one, text in zip(looks, labels, strict=True)
        ]
        bare = [_BARE[look] for look in looks]
        for row in self.rows:
            yield (
                row,
                (
                    (none if cell == _NOTHING else one if _breaks(cell, look) else some, cell)
                    for look, some, one, none, cell in zip(
                        looks, named, whole, bare, row.cells, strict=True
                    )
                ),
            )


def read_list(spec: ListSpec) -> ListRequest:
    """Read the address of a list; what it does not declare is refused with 422."""
    known = _OWN | set(spec.filters)
    unknown = sorted(set(request.args) - known)
    if unknown:
        refuse(gettext("Unknown in this address: %(names)s", names=", ".join(unknown)[:200]))
    sort = request.args.get("sort") or spec.default_sort
    if sort.removeprefix("-") not in spec.sorts:
        refuse(gettext("The list cannot be sorted by %(name)s.", name=sort[:60]))
    size = request.args.get("size") or str(DEFAULT_SIZE)
    if size not in {str(known_size) for known_size in SIZES}:
        refuse(gettext("A page cannot have %(size)s rows.", size=size[:20]))
    chosen = {name: _values(name) for name in spec.filters if any(request.args.getlist(name))}
    return ListRequest(
        spec,
        request.args.get("q", "").replace("\x00", "").strip()[:MAX_TEXT] if spec.has_search else "",
        chosen,
        sort.removeprefix("-"),
        sort.startswith("-"),
        int(size),
        request.args.get("after", ""),
        request.args.get("before", ""),
        request.args.get("more", ""),
    )


def cut_page(wanted: ListRequest, rows: Sequence[tuple[int, Any]]) -> Page:
    """Give the page of a list that is held whole: ``rows`` are numbers and what they stand for.

    The page after a row whose number is not there any more is the first.
    """
    cursor, size = wanted.cursor(ANY_PLACE), wanted.size
    numbers = [number for number, _row in rows]
    start = 0
    if cursor is not None and cursor.row_id in numbers:
        at = numbers.index(cursor.row_id)
        start = max(at - size, 0) if cursor.is_backward else at + 1
    part = list(rows[start : start + size])
    return Page(
        part,
        Cursor(None, part[0][0], is_backward=True) if part and start else None,
        Cursor(None, part[-1][0]) if part and start + size < len(numbers) else None,
    )


def read_ids(form: Form) -> list[int]:
    """Give the ticked ids of a bulk form; what is no id is refused with 422."""
    ids: dict[int, None] = {}
    for value in form.values_of("id"):
        key = row_key(value)
        if key is None:
            refuse(gettext("%(name)s is no row of this list.", name=value[:40]))
        ids[key] = None
    return list(ids)


def render_list(template: str, view: ListView, **context: object) -> str:
    """Render the page, or for htmx the part that changes."""
    if is_htmx() and request.headers.get("HX-Target") == "list":
        return render_template("_list/list.html", view=view, **context)
    return render_template(template, view=view, **context)


def refuse(message: str) -> NoReturn:
    """Answer 422 with a page that says what cannot be taken."""
    abort(422, description=message)


def _values(name: str) -> tuple[str, ...]:
    values = tuple(dict.fromkeys(value for value in request.args.getlist(name) if value))
    if len(values) > _MAX_VALUES or any("\x00" in value for value in values):
        refuse(gettext("The filter %(name)s cannot be read.", name=name))
    return values


def _breaks(cell: Cell, look: str) -> bool:
    """Tell whether a browser would break a word of few signs: at hyphens, or where it is let."""
    return len(cell) <= _WHOLE and " " not in cell and ("-" in cell or look == "wide")


def _look(head: Head) -> str:
    return "number" if head.is_number else "wide" if head.is_wide else ""


def _toggled(pairs: list[tuple[str, str]], pair: tuple[str, str]) -> list[tuple[str, str]]:
    return [other for other in pairs if other != pair] if pair in pairs else [*pairs, pair]


def members_of(kind: type[Member], wanted: ListRequest, name: str) -> list[Member]:
    """Read the values of a filter; a word that is not in the set is refused with 422."""
    try:
        return [kind(value) for value in wanted.chosen.get(name, ())]
    except ValueError:
        refuse(gettext("The filter %(name)s cannot be read.", name=name))


def read_keys(name: str, values: Iterable[str]) -> tuple[int, ...]:
    """Read the values of a filter as keys of rows; what is none is refused with 422."""
    keys = [row_key(value) for value in values]
    if None in keys:
        refuse(gettext("The filter %(name)s cannot be read.", name=name))
    return tuple(key for key in keys if key is not None)


def page_key(name: str) -> int | None:
    """Give the key in the address after which a page begins; what is no key is refused with 422."""
    text = request.args.get(name, "")
    if not text:
        return None
    key = row_key(text)
    if key is None:
        abort(422, description=gettext("This page does not exist any more."))
    return key
