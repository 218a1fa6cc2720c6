"""Whose value stands in a field of a device that several sources may tell; pure.

The order of the field's rule decides between those that speak. A source that has not been heard for
long gives way to one that speaks now; what ports and banners suggest makes none give way. What any
of them said is kept (``parc.told_values``), whether it stands or not.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Final

from parc.key_texts import uuid_key
from parc.naming import asset_values, is_read, presumed_source
from parc.precedence import NO_RULES, Rules, rule_of
from parc.reconcile.change import FieldChange
from parc.reconcile.known import FieldSource, KnownDevice, Value, Values
from parc.reconcile.policy import Policy
from parc.reconcile.seen import Seen
from parc.told_values import (
    NO_WORDS,
    SHARED_FIELDS,
    Heard,
    Word,
    Words,
    is_silent,
    teller,
    tellers,
)

_S = FieldSource
_TOLD_AS: Final = {ruled: name for name, ruled in SHARED_FIELDS.items()}
# Of the fields that are not shared: who knows better, and what shows that it spoke.
_STRONGER: Final[Mapping[FieldSource, Mapping[FieldSource, str]]] = {
    _S.AGENT: {_S.SNMP: "sys_object_id"},
    _S.CONTROLLER: {_S.SNMP: "sys_object_id", _S.AGENT: "agent_id"},
}


@dataclass(frozen=True, slots=True)
class Taken:
    """What a reading brings to the fields of a device.

    Attributes:
        changes: fields that are written, in no order.
        words: what each source last said, when that has changed.
    """

    changes: tuple[FieldChange, ...]
    heard: Heard
    words: Words | None


@dataclass(frozen=True, slots=True)
class DeviceSays:
    """What a device says for its asset, and on whose word.

    Attributes:
        fields: of the device, with its ``address``.
        words: what each source last said.
        rules: which source wins, of the fields that do not follow the default.
    """

    fields: Values
    words: Words = field(default_factory=lambda: NO_WORDS)
    rules: Rules = field(default_factory=lambda: NO_RULES)
    _values: list[tuple[str, tuple[Any, FieldSource]]] = field(
        default_factory=list, init=False, repr=False, compare=False
    )

    def values(self) -> Sequence[tuple[str, tuple[Any, FieldSource]]]:
        """Give fields of the asset, by name, with their values and sources; worked out once."""
        if not self._values:
            told = tellers(self.words, self.fields, self.rules)
            said = sorted(asset_values(self.fields, told).items())
            self._values.extend((name, (value, FieldSource(one))) for name, (value, one) in said)
        return self._values

    def speakers(self, name: str) -> frozenset[FieldSource]:
        """Give who has said anything of a field of the asset."""
        told = _TOLD_AS.get(name)
        return frozenset(source for source, said in self.words.items() if told in said)


def first_words(seen: Seen, policy: Policy) -> Words:
    """Give what sources said of a device that was not known."""
    words: dict[FieldSource, dict[str, Word]] = {}
    for name, raw in seen.words.items():
        said = _Field(name, seen, policy).hear(raw)
        for source, value in said.items():
            words.setdefault(source, {})[name] = _new_word(seen, policy, source, value)
    return words


def take(known: KnownDevice, seen: Seen, policy: Policy) -> Taken:
    """Give what a reading of a known device changes in its fields."""
    return _Reading(known, seen, policy).take()


def is_overtaken(known: KnownDevice, seen: Seen) -> bool:
    """Tell whether all that speak have said other things of the device since."""
    return bool(seen.heard) and all(
        at < known.heard.get(source, at) for source, at in seen.heard.items()
    )


def still_unknown(known: KnownDevice, seen: Seen) -> Seen:
    """Give of what was said long ago only what nobody has told since."""
    return replace(
        seen,
        fields={n: told for n, told in seen.fields.items() if known.fields[n] is None},
        words={n: told for n, told in seen.words.items() if known.fields[n] is None},
        tables={table: rows for table, rows in seen.tables.items() if not known.rows.get(table)},
        signs=frozenset(),
    )


def is_silent_of(known: KnownDevice, seen: Seen, source: FieldSource, policy: Policy) -> bool:
    """Tell whether a source that spoke of a device gives way by now."""
    at = seen.heard.get(source) or known.heard.get(source) or known.last_seen_at
    return is_silent(at, seen.observed_at, policy.silent_days)


def _new_word(seen: Seen, policy: Policy, source: FieldSource, value: Value) -> Word:
    return Word(value, seen.heard.get(source, seen.observed_at), policy.run_id)


class _Field:
    """One field while those who speak are heard, the best first; each against what stands by then.

    Attributes:
        standing, own: the value and whose it is; before the reading, then after it.
        gives_way: whoever speaks next takes it.
    """

    def __init__(
        self,
        name: str,
        seen: Seen,
        policy: Policy,
        standing: Value = None,
        own: FieldSource | None = None,
        gives_way: bool = False,  # noqa: FBT001, FBT002 -- one of three facts
    ) -> None:
        self.name = name
        self.seen = seen
        self.place = rule_of(policy.rules, SHARED_FIELDS[name]).place
        self.standing = standing
        self.own = own
        self.gives_way = gives_way

    def hear(self, raw: Mapping[FieldSource, Value]) -> dict[FieldSource, Value]:
        """Let the best of those that speak stand; give what they said."""
        said: dict[FieldSource, Value] = {}
        for source in sorted(raw, key=self.place):
            if not self._is_told(source, raw[source]):
                continue
            said[source] = value = self._as_it_stands(source, raw[source])
            if self.own is None or self.gives_way or self.place(source) <= self.place(self.own):
                self.standing, self.own, self.gives_way = value, source, False
        return said

    def _is_told(self, source: FieldSource, value: Value) -> bool:
        """Tell whether a sweep may say something where something stands."""
        if source is not FieldSource.NMAP or self.standing is None:
            return True
        if self.name == "base_mac_address":
            return value == self.standing
        return self.name != "category" or self.seen.is_surveyed

    def _as_it_stands(self, source: FieldSource, value: Value) -> Value:
        """Give what only sounds other as what stands: each means has its order of octets.

        Of several cards one is no other machine than another: a dock brings a lower one.
        """
        standing = self.standing
        if standing is None or value == standing:
            return value
        if self.name == "system_uuid":
            return standing if uuid_key(str(value)) == uuid_key(str(standing)) else value
        if self.name == "base_mac_address":
            is_own = source is self.own and source is not FieldSource.AGENT
            return standing if standing in self.seen.traits.all_macs and not is_own else value
        return value


class _Reading:
    """One reading against what is known."""

    def __init__(self, known: KnownDevice, seen: Seen, policy: Policy) -> None:
        self.known = known
        self.seen = seen
        self.policy = policy
        self.words: dict[FieldSource, Mapping[str, Word]] = dict(known.words)

    def take(self) -> Taken:
        """Choose field by field, and keep what was said."""
        changes: list[FieldChange] = []
        for name, raw in self.seen.words.items():
            before = self.known.fields[name]
            if all(value == before for value in raw.values()):
                self._keep(name, raw)
                continue
            own = self._teller(name)
            field = _Field(name, self.seen, self.policy, before, own, self._gives_way(own, raw))
            self._keep(name, field.hear(raw))
            if field.standing != before and field.own is not None:
                silent = own if own and field.place(own) < field.place(field.own) else None
                changes.append(FieldChange(name, before, field.standing, field.own, silent))
        for name, (value, source) in self.seen.fields.items():
            if name not in SHARED_FIELDS and not self._is_others(name, source):
                before = self.known.fields[name]
                if value != before:
                    changes.append(FieldChange(name, before, value, source))
        changes += self._category_source(changes)
        heard = {**self.known.heard}
        for source, at in self.seen.heard.items():
            heard[source] = max(at, heard.get(source, at))
        return Taken(tuple(changes), heard, self.words if self.words != self.known.words else None)

    def _teller(self, name: str) -> FieldSource | None:
        """Give whose value stands before this reading."""
        value = self.known.fields[name]
        if value is None:
            return None
        known = teller(self.known.words, name, value, self.policy.rules)
        if known is not None:
            return known
        stored = self.known.fields["category_source"] if name == "category" else None
        return FieldSource(str(stored or presumed_source(self.known.fields, name)))

    def _gives_way(self, own: FieldSource | None, said: Mapping[FieldSource, Value]) -> bool:
        """Tell whether who stands has been silent too long against who speaks now."""
        return (
            own is not None
            and own not in self.seen.heard
            and is_silent_of(self.known, self.seen, own, self.policy)
            and any(source is not FieldSource.NMAP for source in said)
        )

    def _keep(self, name: str, said: Mapping[FieldSource, Value]) -> None:
        for source, value in said.items():
            before = self.words.get(source, {})
            if name not in before or before[name].value != value:
                word = _new_word(self.seen, self.policy, source, value)
                self.words[source] = {**before, name: word}

    def _category_source(self, changes: list[FieldChange]) -> Iterator[FieldChange]:
        """Say whose category stands."""
        if "category" not in self.seen.words:
            return
        value = next((c.after for c in changes if c.field == "category"), None)
        value = value or self.known.fields["category"]
        source = teller(self.words, "category", value, self.policy.rules)
        stored = self.known.fields["category_source"]
        if source is not None and stored != source.value:
            yield FieldChange("category_source", stored, source.value, source)

    def _is_others(self, name: str, source: FieldSource) -> bool:
        """Tell whether a field that is not shared is for another source to write."""
        fields = self.known.fields
        if fields[name] is None or name == "agent_id":
            return False
        if source is FieldSource.NMAP:
            return name == "reasons" and is_read(fields)
        return any(
            fields[sign] is not None
            and not is_silent_of(self.known, self.seen, stronger, self.policy)
            for stronger, sign in _STRONGER.get(source, {}).items()
        )
