"""The page "Asset tags": by which pattern those of each category are numbered."""

from __future__ import annotations

from flask import Blueprint, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext

from collectors.observation import Category
from parc.errors import InvalidInputError
from parc.extensions import reading, transaction
from parc.queries.asset_tags import coming_tags, fallback_pattern, list_series, read_patterns
from parc.services import asset_tags as service
from parc.services.permissions import Action
from parc.web.access import actor, requires
from parc.web.context import now
from parc.web.forms import Form, filled, read_form
from parc.web.labels import label
from parc.web.listing import refuse
from parc.web.messages import tell

asset_tags = Blueprint("asset_tags", __name__)

_EXAMPLES = 3


@asset_tags.get("/asset-tags")
@requires(Action.EDIT_TAG_PATTERN)
def index() -> ResponseReturnValue:
    """Show all categories, and the form of the one that is named."""
    text = request.args.get("category", "")
    if not text:
        return _page(None, filled())
    category = _category(text)
    with reading() as session:
        pattern = read_patterns(session).get(category, fallback_pattern(session))
    return _page(category, filled(pattern=pattern))


@asset_tags.post("/asset-tags")
@requires(Action.EDIT_TAG_PATTERN)
def send() -> ResponseReturnValue:
    """Show what a pattern makes, or let a category follow it."""
    form = read_form("category", "pattern", "step")
    category = _category(form.value("category"))
    try:
        if form.value("step") == "preview":
            with reading() as session:
                pattern = service.read_pattern(form.text("pattern"))
                return _page(category, form, coming_tags(session, pattern, _EXAMPLES))
        with transaction() as session:
            service.set_pattern(session, actor(), category, form.text("pattern"), at=now())
    except InvalidInputError as error:
        return _page(category, form.refused(error)), 422
    tell(gettext("%(category)s: new tags follow this pattern.", category=label(category)))
    return redirect(url_for("asset_tags.index"))


@asset_tags.post("/asset-tags/reset")
@requires(Action.EDIT_TAG_PATTERN)
def reset() -> ResponseReturnValue:
    """Let a category follow the pattern of all others again."""
    category = _category(read_form("category").value("category"))
    with transaction() as session:
        service.reset_pattern(session, actor(), category, at=now())
    tell(gettext("%(category)s: new tags follow the default again.", category=label(category)))
    return redirect(url_for("asset_tags.index"))


def _category(text: str) -> Category:
    if text not in set(Category):
        refuse(gettext("%(name)s is no category.", name=text[:40]))
    return Category(text)


def _page(category: Category | None, form: Form, examples: tuple[str, ...] = ()) -> str:
    with reading() as session:
        lines = list_series(session)
    lines.sort(key=lambda line: (not line.is_own, label(line.category)))
    return render_template(
        "asset_tags/list.html",
        lines=lines,
        category=category,
        form=form,
        examples=examples,
    )
