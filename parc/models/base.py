"""The base of all tables: constraint names by convention, and the column types that we add."""

from __future__ import annotations

import enum
from datetime import UTC, datetime
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import DeclarativeBase, registry

NAMING_CONVENTION = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_name)s_%(referred_table_name)s",
    "pk": "pk_%(table_name)s",
}


class UtcDateTime(sa.types.TypeDecorator[datetime]):
    """A moment in UTC; SQLite forgets zones, so they are put back on the way out."""

    impl = sa.DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: sa.Dialect) -> datetime | None:
        """Refuse a moment without zone, store UTC."""
        if value is None:
            return None
        if value.tzinfo is None:
            message = f"{value!r} has no time zone"
            raise ValueError(message)
        value = value.astimezone(UTC)
        return value.replace(tzinfo=None) if dialect.name == "sqlite" else value

    def process_result_value(self, value: datetime | None, dialect: sa.Dialect) -> datetime | None:
        """Give an aware moment."""
        del dialect
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


class EnumValue(sa.types.TypeDecorator[Any]):
    """A closed set, stored by value, so that renaming a member in the code moves no data."""

    impl = sa.String(40)
    cache_ok = True

    def __init__(self, enum_type: type[enum.StrEnum]) -> None:
        super().__init__()
        self.enum_type = enum_type

    def process_bind_param(self, value: Any, dialect: sa.Dialect) -> str | None:
        """Store the value; a word that is not in the set is refused."""
        del dialect
        return None if value is None else self.enum_type(value).value

    def process_result_value(self, value: Any, dialect: sa.Dialect) -> Any:
        """Give the member."""
        del dialect
        return None if value is None else self.enum_type(value)


class Money(sa.types.TypeDecorator[Decimal]):
    """An amount, exact on every database: stored in hundredths, given as a decimal number."""

    impl = sa.BigInteger
    cache_ok = True

    def process_bind_param(self, value: Any, dialect: sa.Dialect) -> int | None:
        """Store hundredths; a finer amount is rounded, half away from zero."""
        del dialect
        if value is None:
            return None
        return int((Decimal(value) * 100).to_integral_value(rounding=ROUND_HALF_UP))

    def process_result_value(self, value: Any, dialect: sa.Dialect) -> Decimal | None:
        """Give the amount with its two digits."""
        del dialect
        return None if value is None else Decimal(int(value)).scaleb(-2)


Json = sa.JSON().with_variant(JSONB(), "postgresql")


class Base(DeclarativeBase):
    """Root of all models; knows no Flask, so that services and planning need none."""

    registry = registry(
        metadata=sa.MetaData(naming_convention=NAMING_CONVENTION),
        type_annotation_map={
            datetime: UtcDateTime(),
            Decimal: Money(),
            dict[str, Any]: Json,
            list[str]: Json,
            list[int]: Json,
            str: sa.Text(),
        },
    )


def table_of(model: type[Base]) -> sa.Table:
    """Give the table of a model, for many rows at once: no objects are made of them."""
    return Base.metadata.tables[model.__tablename__]


def mapped_columns(model: type[Base]) -> list[sa.orm.InstrumentedAttribute[Any]]:
    """Give all columns of a model, as rows without objects: what narrows the model holds."""
    return [getattr(model, one.key) for one in sa.inspect(model).column_attrs]
