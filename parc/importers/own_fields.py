"""The kinds of record with the fields that the organisation has added to its assets."""

from __future__ import annotations

from dataclasses import replace
from typing import Final

from sqlalchemy.orm import Session

from parc.importers.kinds import KINDS
from parc.importers.kinds.fields import Field, FieldType, Kind, heading_key
from parc.models import CustomField, CustomType
from parc.queries.custom_fields import read_fields
from parc.services.custom_values import LINK_CHARACTERS, PREFIX

_ASSETS: Final = "assets"


def kind_named(session: Session, name: str) -> Kind:
    """Give a kind of record; assets have the organisation's own fields beside those of Parc.

    Raises:
        KeyError: there is none.
    """
    kind = KINDS[name]
    if name != _ASSETS:
        return kind
    own = tuple(_as_field(one) for one in read_fields(session))
    return replace(kind, fields=(*kind.fields, *own))


def _as_field(one: CustomField) -> Field:
    """Give a field as files know it: by its label in either language, or its key.

    Days are settled for the column as a whole; what else there is, the service reads.
    """
    kind = FieldType.DATE if one.type is CustomType.DATE else FieldType.TEXT
    keys = (heading_key(text) for text in (one.label_fr, one.label_en, one.key))
    headings = tuple(dict.fromkeys(key for key in keys if key))
    return Field(PREFIX + one.key, kind, headings, most=LINK_CHARACTERS)
