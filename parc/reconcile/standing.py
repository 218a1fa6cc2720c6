"""Whose value stands in a field of a device that several sources may tell; pure.

The order of the field's rule decides between those that speak. A source that has not been heard for
long gives way to one that speaks now; what ports and banners suggest makes none give way. What any
of them said is kept (``parc.told_values``), whether it stands or not.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
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

    def values(self) -> list[tuple[str, tuple[Any, FieldSource]]]:
        """Give fields of the asset, by name, with their values and sources."""
        said = asset_values(self.fields, tellers(self.words, self.fields, self.rules))
        return [(name, (value, FieldSource(word))) for name, (value, word) in sorted(said.items())]

    def speakers(self, name: str) -> frozenset[FieldSource]:
        """Give who has said anything of a field of the asset."""
        told = _TOLD_AS.get(name)
        return frozenset(source for source, said in self.words.items() if told in said)


def first_words(seen: Seen, policy: Policy) -> Words:
    """Give what sources said of a device that was not known."""
    words: dict[FieldSource, dict[str, Word]] = {}
    for name, said in seen.words.items():
        for source, value in said.items():
            words.setdefault(source, {})[name] = _new_word(seen, policy, source, value)
    return words


def take(known: KnownDevice, seen: Seen, policy: Policy) -> Taken:
    """Give what a reading of a known device changes in its fields."""
    return _Reading(known, seen, policy).take()


def is_silent_of(known: KnownDevice, seen: Seen, source: FieldSource, policy: Policy) -> bool:
    """Tell whether a source that spoke of a device gives way by now."""
    at = seen.heard.get(source) or known.heard.get(source) or known.last_seen_at
    return is_silent(at, seen.observed_at, policy.silent_days)


def _new_word(seen: Seen, policy: Policy, source: FieldSource, value: Value) -> Word:
    return Word(value, seen.heard.get(source, seen.observed_at), policy.run_id)


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
        for name in self.seen.words:
            said = self._said(name)
            self._keep(name, said)
            changes += self._choose(name, said)
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
        rule = rule_of(self.policy.rules, SHARED_FIELDS[name])
        known = teller(self.known.words, name, value, rule)
        if known is not None:
            return known
        stored = self.known.fields["category_source"] if name == "category" else None
        return FieldSource(str(stored or presumed_source(self.known.fields, name)))

    def _said(self, name: str) -> dict[FieldSource, Value]:
        """Give what was said of a field; what only sounds other is what stands."""
        before, said = self.known.fields[name], self.seen.words[name]
        if before is None:
            return dict(said)
        if name == "system_uuid":
            key = uuid_key(str(before))
            return {s: before if uuid_key(str(v)) == key else v for s, v in said.items()}
        if name == "base_mac_address":
            return dict(self._cards(before, said))
        if name == "category" and not self.seen.is_surveyed:
            return {s: value for s, value in said.items() if s is not FieldSource.NMAP}
        return dict(said)

    def _cards(
        self, before: Value, said: Mapping[FieldSource, Value]
    ) -> Iterator[tuple[FieldSource, Value]]:
        """Give whose cards are told: one of several that the machine has is no other machine.

        A dock brings a lower one; on the wire it may show any.
        """
        own = self._teller("base_mac_address")
        for source, value in said.items():
            if value == before:
                yield source, value
            elif source is FieldSource.NMAP:
                continue
            elif before in self.seen.traits.all_macs and (
                source is FieldSource.AGENT or source is not own
            ):
                yield source, before
            else:
                yield source, value

    def _keep(self, name: str, said: Mapping[FieldSource, Value]) -> None:
        for source, value in said.items():
            before = self.words.get(source, {})
            if name not in before or before[name].value != value:
                word = _new_word(self.seen, self.policy, source, value)
                self.words[source] = {**before, name: word}

    def _choose(self, name: str, said: Mapping[FieldSource, Value]) -> Iterator[FieldChange]:
        """Let the best of those that speak now stand, unless a better one is only not asked."""
        before, own = self.known.fields[name], self._teller(name)
        place = rule_of(self.policy.rules, SHARED_FIELDS[name]).place
        gives_way = own is not None and (
            own not in self.seen.heard
            and is_silent_of(self.known, self.seen, own, self.policy)
            and any(source is not FieldSource.NMAP for source in said)
        )
        able = [s for s in said if own is None or gives_way or place(s) <= place(own)]
        if not able:
            return
        source = min(able, key=place)
        if said[source] != before:
            is_weaker = own is not None and place(own) < place(source)
            yield FieldChange(name, before, said[source], source, own if is_weaker else None)

    def _category_source(self, changes: list[FieldChange]) -> Iterator[FieldChange]:
        """Say whose category stands."""
        if "category" not in self.seen.words:
            return
        value = next((c.after for c in changes if c.field == "category"), None)
        value = value or self.known.fields["category"]
        rule = rule_of(self.policy.rules, "category")
        source = teller(self.words, "category", value, rule)
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
