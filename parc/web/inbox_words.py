"""What entries of the inbox say, in the reader's language; evidence is kept as codes and values."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from flask_babel import gettext, ngettext
from flask_babel import lazy_gettext as _
from flask_babel import lazy_pgettext as _in

from collectors.observation import Category
from parc.models import InboxKind, LifecycleState, ValueSource
from parc.queries.candidates import LIKELY, score_of
from parc.reconcile.rules import Reason
from parc.services.inbox import Decision
from parc.web.formats import format_ago, format_number, format_plain_date
from parc.web.found_by import KEY_KINDS, REASONS
from parc.web.history import field_label, value_text
from parc.web.labels import label
from parc.web.run_words import error_text

KINDS: Mapping[InboxKind, str] = {
    InboxKind.HELD_RUN: _in("inbox", "Run held for a decision"),
    InboxKind.GONE_SEEN: _in("inbox", "Gone, but seen"),
    InboxKind.IDENTITY_CONFLICT: _in("inbox", "Conflict of identity"),
    InboxKind.MIXED_RECORD: _in("inbox", "One record, several serial numbers"),
    InboxKind.DUPLICATE_ADDRESS: _in("inbox", "Duplicate address"),
    InboxKind.STOCK_SEEN: _in("inbox", "In stock, but seen elsewhere"),
    InboxKind.HOLDER_LEFT: _in("inbox", "Holder has left"),
    InboxKind.SEAT_RELEASE: _in("inbox", "Licence to take back"),
    InboxKind.DIFFERENCE: _in("inbox", "Differences"),
    InboxKind.UNKNOWN_DEVICE: _in("inbox", "Unknown device"),
    InboxKind.UNKNOWN_GROUP: _in("inbox", "Unknown devices of a range"),
    InboxKind.SILENT: _in("inbox", "In use, but silent"),
}
ACTS: Mapping[tuple[InboxKind, Decision], str] = {
    (InboxKind.HELD_RUN, Decision.ACCEPT): _("Let the plan through"),
    (InboxKind.HELD_RUN, Decision.IGNORE): _("Drop the plan"),
    (InboxKind.GONE_SEEN, Decision.ACCEPT): _("Found again: put into use"),
    (InboxKind.STOCK_SEEN, Decision.ACCEPT): _("Put into use"),
    (InboxKind.HOLDER_LEFT, Decision.ACCEPT): _("Taken back: put in stock"),
    (InboxKind.SEAT_RELEASE, Decision.ACCEPT): _("Take the seats back"),
    (InboxKind.IDENTITY_CONFLICT, Decision.ACCEPT): _("The same: merge"),
    (InboxKind.IDENTITY_CONFLICT, Decision.LEAVE): _("Not the same"),
    (InboxKind.IDENTITY_CONFLICT, Decision.IGNORE): _("Ignore this key"),
    (InboxKind.MIXED_RECORD, Decision.ACCEPT): _("Several machines: split"),
    (InboxKind.MIXED_RECORD, Decision.LEAVE): _("One record all the same"),
    (InboxKind.DIFFERENCE, Decision.ACCEPT): _("Take the seen values"),
    (InboxKind.DIFFERENCE, Decision.KEEP): _("Keep our values for good"),
    (InboxKind.DIFFERENCE, Decision.LEAVE): _("Keep our values until they change"),
    (InboxKind.UNKNOWN_DEVICE, Decision.ACCEPT): _("Accept as asset"),
    (InboxKind.UNKNOWN_DEVICE, Decision.ATTACH): _("Attach to an asset"),
    (InboxKind.UNKNOWN_DEVICE, Decision.IGNORE): _("Ignore"),
    (InboxKind.UNKNOWN_GROUP, Decision.ACCEPT): _("Accept all as assets"),
    (InboxKind.UNKNOWN_GROUP, Decision.IGNORE): _("Ignore all"),
    (InboxKind.SILENT, Decision.ACCEPT): _("Mark as missing"),
}
_LEAVE = _("Leave as it is")
USUAL: Mapping[Decision, str] = {
    Decision.ACCEPT: _("Accept"),
    Decision.ATTACH: _("Attach to an asset"),
    Decision.IGNORE: _("Ignore"),
    Decision.KEEP: _("Keep for good"),
    Decision.LEAVE: _LEAVE,
}
BY: Mapping[str, str] = {
    "serial": _("same serial number"),
    "mac": _("same MAC"),
    "name": _("same name"),
    "port": _("stood at the same switch port before"),
    "address": _("had the same address before"),
}
CLOSED: Mapping[str, str] = {
    "accept": _in("inbox", "Accepted"),
    "attach": _in("inbox", "Attached to an asset"),
    "ignore": _in("inbox", "Ignored"),
    "keep": _in("inbox", "Kept for good"),
    "leave": _in("inbox", "Left as it is"),
    "cause_gone": _in("inbox", "Its cause is gone"),
    "linked": _in("inbox", "The device belongs to an asset now"),
    "ignored": _in("inbox", "The device is ignored"),
    "deleted": _in("inbox", "The device was deleted"),
    "expired_guest": _in("inbox", "Expired: a guest that has gone"),
    "expired_made_up": _in("inbox", "Expired: a made-up MAC address"),
}
_KEYS: Mapping[str, str] = {kind.name.lower(): text for kind, text in KEY_KINDS.items()}


@dataclass(frozen=True, slots=True)
class ToldDifference:
    """What a machine says of a field otherwise than what stands.

    Attributes:
        own, since: None in an entry of before they were kept.
    """

    label: str
    own: str | None
    seen: str
    source: str
    since: datetime | None


def kind_label(kind: InboxKind) -> str:
    """Name a kind."""
    return str(KINDS[kind])


def act_label(kind: InboxKind, decision: Decision) -> str:
    """Name what a decision does about a kind."""
    return str(ACTS.get((kind, decision), USUAL[decision]))


def reason_label(kind: InboxKind, reason: str | None) -> str:
    """Say how an entry ended."""
    if reason is None:
        return ""
    if reason in set(Decision):
        act = ACTS.get((kind, Decision(reason)))
        if act is not None:
            return str(act)
    return str(CLOSED.get(reason, reason))


def key_label(code: str) -> str:
    """Name the kind of an identity key."""
    return str(_KEYS.get(code, code))


def evidence_text(kind: InboxKind, evidence: Mapping[str, Any]) -> str:
    """Say in one or two sentences why an entry stands open."""
    return _TEXTS[kind](evidence)


def _held_run(evidence: Mapping[str, Any]) -> str:
    return error_text(evidence.get("error")) or str(gettext("This run waits for a decision."))


def _gone_seen(evidence: Mapping[str, Any]) -> str:
    state = label(LifecycleState(evidence["state"]))
    if evidence.get("range"):
        return str(
            gettext(
                "The asset is “%(state)s”, but answers at %(address)s in %(range)s.",
                state=state,
                address=evidence["address"],
                range=evidence["range"],
            )
        )
    return str(
        gettext(
            "The asset is “%(state)s”, but answers at %(address)s.",
            state=state,
            address=evidence["address"],
        )
    )


def _identity_conflict(evidence: Mapping[str, Any]) -> str:
    if "told" in evidence:
        why = "; ".join(str(REASONS[Reason(code)]) for code in evidence["reasons"])
        key = key_label(evidence["key"])
        text = gettext("%(why)s (%(key)s: %(value)s).", why=why, key=key, value=evidence["value"])
        return str(text[:1].upper() + text[1:])
    shared: str = ngettext(
        "%(num)s live device shows the same key (%(key)s): %(value)s.",
        "%(num)s live devices show the same key (%(key)s): %(value)s.",
        evidence["count"],
        key=key_label(evidence["key"]),
        value=evidence["value"],
    )
    reasons = [
        str(REASONS[Reason(code)])
        for code in evidence["reasons"]
        if code in set(Reason) and code != Reason.SHOWN_BY_SEVERAL.value
    ]
    if not reasons:
        return shared
    return " ".join((shared, gettext("Against one machine: %(why)s.", why="; ".join(reasons))))


def _mixed_record(evidence: Mapping[str, Any]) -> str:
    who = ", ".join(f"{one['name']} ({one['serial']})" for one in evidence["records"])
    return str(gettext("Devices of this record show different serial numbers: %(who)s.", who=who))


def _duplicate_address(evidence: Mapping[str, Any]) -> str:
    who = ", ".join(
        f"{one['name']} ({one['mac']})" if one["name"] else one["mac"]
        for one in evidence["claimants"]
    )
    return str(
        gettext(
            "%(address)s is used by several machines at the same time: %(who)s.",
            address=evidence["address"],
            who=who,
        )
    )


def _stock_seen(evidence: Mapping[str, Any]) -> str:
    stock = evidence.get("stock") or gettext("no place")
    if evidence.get("switch"):
        return str(
            gettext(
                "In stock (%(stock)s), but plugged into %(switch)s, port %(port)s.",
                stock=stock,
                switch=evidence["switch"],
                port=evidence["port"],
            )
        )
    return str(
        gettext(
            "In stock (%(stock)s), but answers at %(address)s, which is at %(place)s.",
            stock=stock,
            address=evidence["address"],
            place=evidence.get("place") or "—",
        )
    )


def _difference(evidence: Mapping[str, Any]) -> str:
    return "; ".join(map(_difference_text, told_differences(evidence)))


def _difference_text(one: ToldDifference) -> str:
    if one.own is None:
        return str(gettext("%(field)s: seen “%(value)s”", field=one.label, value=one.seen))
    return str(
        gettext(
            "%(field)s: %(source)s says “%(value)s”, here stands “%(own)s”",
            field=one.label,
            source=one.source,
            value=one.seen,
            own=one.own,
        )
    )


def told_differences(evidence: Mapping[str, Any]) -> list[ToldDifference]:
    """Give the differences that an entry holds."""
    return [
        ToldDifference(
            field_label(one["field"]),
            value_text(one["field"], one["own"]) if "own" in one else None,
            value_text(one["field"], one["seen"]),
            label(ValueSource(one["source"])),
            datetime.fromisoformat(one["since"]) if one.get("since") else None,
        )
        for one in evidence.get("fields", ())
    ]


def _unknown_device(evidence: Mapping[str, Any]) -> str:
    category = evidence.get("category")
    what = [
        evidence["address"],
        label(Category(category)) if category in set(Category) else "",
        " ".join(filter(None, (evidence.get("manufacturer"), evidence.get("model")))),
        evidence.get("serial") or evidence.get("mac") or "",
        gettext("made-up MAC address") if evidence.get("is_made_up") else "",
    ]
    return ", ".join(filter(None, what))


def _unknown_group(evidence: Mapping[str, Any]) -> str:
    return str(
        ngettext(
            "%(num)s more unknown device than is listed one by one.",
            "%(number)s more unknown devices than are listed one by one.",
            evidence["count"],
            number=format_number(evidence["count"]),
        )
    )


def _silent(evidence: Mapping[str, Any]) -> str:
    seen = datetime.fromisoformat(evidence["last_seen_at"])
    return str(gettext("In use, but last seen %(ago)s.", ago=format_ago(seen)))


def _holder_left(evidence: Mapping[str, Any]) -> str:
    day = format_plain_date(date.fromisoformat(evidence["left_on"]))
    return str(
        gettext("Held by %(person)s, who left on %(day)s.", person=evidence["person"], day=day)
    )


def _seat_release(evidence: Mapping[str, Any]) -> str:
    count = len(evidence["allocation_ids"])
    names = ", ".join(name for _number, name, _is_bound in evidence["licences"])
    words = {"names": names + ("…" if count > len(evidence["licences"]) else "")}
    if evidence.get("is_outside"):
        return str(gettext("No rule that gives seats means it any more: %(names)s.", **words))
    if evidence["left_on"]:
        day = format_plain_date(date.fromisoformat(evidence["left_on"]))
        return str(gettext("Left on %(day)s, and still has: %(names)s.", day=day, **words))
    state = label(LifecycleState(evidence["state"]))
    text = str(
        gettext("The machine is “%(state)s”, and still has: %(names)s.", state=state, **words)
    )
    if any(is_bound for _number, _name, is_bound in evidence["licences"]):
        text += " " + gettext("OEM licences leave with their machine.")
    return text


_TEXTS = {
    InboxKind.HELD_RUN: _held_run,
    InboxKind.GONE_SEEN: _gone_seen,
    InboxKind.IDENTITY_CONFLICT: _identity_conflict,
    InboxKind.MIXED_RECORD: _mixed_record,
    InboxKind.DUPLICATE_ADDRESS: _duplicate_address,
    InboxKind.STOCK_SEEN: _stock_seen,
    InboxKind.HOLDER_LEFT: _holder_left,
    InboxKind.SEAT_RELEASE: _seat_release,
    InboxKind.DIFFERENCE: _difference,
    InboxKind.UNKNOWN_DEVICE: _unknown_device,
    InboxKind.UNKNOWN_GROUP: _unknown_group,
    InboxKind.SILENT: _silent,
}


def proposal(kind: InboxKind, evidence: Mapping[str, Any]) -> tuple[Decision | None, str]:
    """Give what Parc would do, and say it; None where only a person can tell."""
    if kind is InboxKind.UNKNOWN_DEVICE:
        return _about_unknown(evidence)
    is_disposed = evidence.get("state") == LifecycleState.DISPOSED.value
    if kind is InboxKind.GONE_SEEN and is_disposed:
        return None, gettext("Find out who uses it")
    if kind is InboxKind.IDENTITY_CONFLICT and evidence.get("assets"):
        return None, gettext("Compare the records")
    if kind in _LOOK:
        return None, str(_LOOK[kind])
    return Decision.ACCEPT, act_label(kind, Decision.ACCEPT)


def score_text(by: Sequence[str]) -> str:
    """Write by which signs an asset is like a device, and how much they say together."""
    why = ", ".join(str(BY.get(code, code)) for code in by)
    return str(gettext("%(why)s (%(score)s of 100)", why=why, score=score_of(by)))


def _about_unknown(evidence: Mapping[str, Any]) -> tuple[Decision, str]:
    candidates = evidence.get("candidates") or []
    if candidates and score_of(candidates[0]["by"]) >= LIKELY:
        best = candidates[0]
        why = score_text(best["by"])
        return Decision.ATTACH, gettext("Attach to %(name)s: %(why)s", name=best["name"], why=why)
    decision = Decision.IGNORE if evidence.get("is_made_up") else Decision.ACCEPT
    return decision, act_label(InboxKind.UNKNOWN_DEVICE, decision)


_LOOK: Mapping[InboxKind, str] = {
    InboxKind.HELD_RUN: _("Look at its plan"),
    InboxKind.DUPLICATE_ADDRESS: _("Give one of them another address"),
    InboxKind.IDENTITY_CONFLICT: _("Compare the devices"),
    InboxKind.MIXED_RECORD: _("Compare the devices"),
    InboxKind.UNKNOWN_GROUP: _("Look at the list"),
}
