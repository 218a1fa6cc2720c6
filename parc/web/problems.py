"""Texts of the problems that services find in a person's input, by code.

``%(value)s`` in a text is the problem's value. A test finds every code that the services use and
fails when one has no text here.
"""

from __future__ import annotations

import logging
import re
from datetime import date

from flask_babel import gettext
from flask_babel import lazy_gettext as _

from parc.errors import FieldProblem
from parc.web.formats import format_plain_date

_log = logging.getLogger(__name__)

PROBLEMS = {
    "required": _("This field is needed."),
    "too_long": _("This is too long: at most %(value)s characters."),
    "unknown": _("%(value)s is not one of the choices."),
    "taken": _("This is taken already: %(value)s."),
    "unprintable": _("This holds signs that cannot be printed."),
    "not_a_number": _("This must be a whole number."),
    "out_of_bounds": _("This must be within %(value)s."),
    "unknown_choice": _("%(value)s is not one of the choices."),
    "unknown_field": _("%(value)s cannot be set here."),
    "named_twice": _("%(value)s is named twice."),
    "not_a_tag_pattern": _(
        "%(value)s must hold {number} once; beside it letters, digits, blanks, points and dashes."
    ),
    "not_a_key": _("%(value)s is no key of this kind."),
    "not_valid": _("%(value)s cannot be taken."),
    "not_found": _("There is no %(value)s."),
    "several": _("Several bear this name: add the e-mail address or the number of one."),
    "not_a_date": _("%(value)s is not a date; write one such as 2026-11-22."),
    "not_an_amount": _("%(value)s is not an amount; write one such as 1234.56."),
    "not_an_email": _("%(value)s is not an e-mail address."),
    "before_arrival": _("This is before the arrival, %(value)s."),
    "not_above": _("%(value)s does not stand at a higher level."),
    "in_itself": _("%(value)s cannot be above itself."),
    "too_deep": _("At most %(value)s levels."),
    "not_entered": _("It has not entered yet."),
    "not_later": _("This is not after the present day of return, %(value)s."),
    "not_asked": _("This kind of movement takes none."),
    "one_holder": _("Either a person or a department holds it, not both."),
    "holder_or_place": _("Give a person, a department or a place."),
    "before_effect": _("This is before the movement takes effect, %(value)s."),
    "in_the_future": _("A movement cannot take effect in the future."),
    "later_movement": _("A movement of %(value)s stands already: this one cannot be before it."),
    "entry_stays": _("The entry cannot be cancelled: all the rest stands on it."),
    "basket_refused": _("%(value)s cannot be moved so."),
    "wiping_unproven": _("It holds data: say how, when and by whom it was wiped."),
    "in_the_past": _("This moment is past."),
    "transition_refused": _("This change of state is not foreseen. Possible: %(value)s."),
    "beyond_places": _("It must stand in one of your places."),
    "administrator_limited": _("An administrator sees everything: choose another role first."),
    "too_many_places": _("There are too many places: at most %(value)s."),
    "login_shape": _("Use letters, digits, dots, hyphens, underscores or @, without spaces."),
    "password_short": _("The password is too short: at least %(value)s characters."),
    "password_long": _("The password is too long: at most %(value)s characters."),
    "password_is_login": _("The password must not be the login."),
    "password_wrong": _("This is not your present password."),
    "password_repeat": _("The two passwords differ."),
    "last_administrator": _("This is the last active administrator: appoint another one first."),
    "pattern_too_long": _("The pattern is too long."),
    "pattern_too_open": _("Give at least three letters or digits beside the stars."),
    "pattern_twice": _("{version} and {edition} may stand once each."),
    "pattern_stars": _("At most eight stars, and never two open parts side by side."),
    "too_many_lines": _("At most %(value)s lines."),
    "network_not_a_network": _(
        "%(value)s is neither an address nor a network such as 192.168.1.0/24."
    ),
    "network_host_bits": _("%(value)s is an address within a network: its last bits must be 0."),
    "network_has_scope": _(
        "%(value)s names an interface: leave out what follows the percent sign."
    ),
    "network_too_large": _("%(value)s is too large to be looked at address by address."),
    "network_not_unicast": _("%(value)s is no address of a device."),
    "network_is_mapped": _("%(value)s is IPv4 written as IPv6: write it as IPv4."),
    "public_network": _(
        "%(value)s is public: the setting discovery.allow_public_addresses must allow it."
    ),
    "too_many_addresses": _("These are too many addresses: at most %(value)s."),
    "nothing_to_set": _("Fill in at least one field."),
    "no_rule": _("A list of names is no rule: leave it empty, or do not keep the rule."),
    "nobody_meant": _("Name somebody or something that gets a seat."),
    "set_and_emptied": _("Give a value or empty the field, not both."),
    "state_not_foreseen": _("This change is not foreseen from %(value)s."),
    "nothing_leaves": _("Tick what is another machine."),
    "nothing_stays": _("Something must stay: untick what this record is."),
    "nothing_left": _("This leaves no address to look at."),
    "no_such_place": _("There is no such place."),
    "no_such_credential": _("There are no credentials called %(value)s."),
    "credential_needs_networks": _(
        "%(value)s may be tried on other addresses only by who may edit credentials."
    ),
    "privacy_needs_authentication": _("Encryption needs authentication too."),
    "passphrase_too_short": _("The passphrase is too short: at least %(value)s characters."),
    "not_a_time_zone": _("%(value)s is not a time zone; write one such as Europe/Paris."),
    "not_a_time": _("%(value)s is not a time; write one such as 22:30."),
    "window_needs_both": _("Give both the beginning and the end, or none."),
    "window_is_empty": _("The beginning and the end are the same."),
    "bad_cron": _("This is not a cron line of five fields: %(value)s"),
    "bad_interval": _("This is not a number of minutes: %(value)s"),
    "not_open": _("%(value)s is not open."),
    "not_https": _("%(value)s is not an address that begins with https://."),
    "not_within": _("This must be within %(value)s."),
    "too_far": _("This lies too far in the future."),
    "rule_is_empty": _("Fill in at least one field: a rule without any would cover everything."),
    "is_renewed": _("The contract was renewed since: this cannot be changed any more."),
    "file_too_large": _("The file %(value)s is too large."),
    "file_empty": _("The file %(value)s is empty."),
    "picture_unreadable": _(
        "The picture %(value)s cannot be read: it is damaged or not whole. Open it, save it anew"
        " and send that, or send a screenshot of it."
    ),
    "picture_too_large": _(
        "The picture %(value)s has too many pixels: at most 64 million, 32 million in WebP. Make it"
        " smaller, or send a screenshot of it."
    ),
    "picture_later": _(
        "Other pictures are being taken in just now: send %(value)s again in a minute."
    ),
    "picture_moves": _(
        "The picture %(value)s moves, and only still ones are taken. Send a film (MP4), or a"
        " screenshot of it."
    ),
    "file_type": _("%(value)s is no picture, film, PDF, text, archive or office document."),
    "too_many_files": _("There are too many files: at most %(value)s at once."),
    "documents_too_large": _("All documents of one record may take %(value)s MB at most."),
    "too_many_documents": _("There are too many documents: at most %(value)s."),
    "before_start": _("This is before the beginning: %(value)s"),
    "key_shape": _("Begin with a letter, and use small letters, digits and underscores only."),
    "too_many_fields": _("There are too many fields: at most %(value)s."),
    "never_unique": _("Values of this type are the same on many assets."),
    "holds_values": _("Assets hold values in this field: this stays as it is."),
    "choice_in_use": _("%(value)s stands on assets: it must stay a choice."),
    "stands_twice": _("%(value)s stands on several assets."),
    "one_asset_only": _("Each value stands on one asset only: set it on its form."),
    "other_category": _("Assets of this category do not have this field."),
    "not_a_decimal": _("%(value)s is not a number; write one such as 12.5."),
    "not_a_link": _("%(value)s is not an address that begins with http:// or https://."),
    "setup_code_wrong": _("This is not the set-up code that the server printed at its start."),
}


# Their values are days, as ISO 8601 writes them.
_OF_DAYS = frozenset(
    {"before_arrival", "before_effect", "before_start", "later_movement", "not_later", "not_within"}
)
_DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")


def tell_problem(problem: FieldProblem) -> str:
    """Say a problem in the reader's language."""
    text = PROBLEMS.get(problem.code)
    if text is None:
        _log.error("no text for the problem %s of %s", problem.code, problem.field)
        return str(gettext("This cannot be taken: %(value)s", value=problem.value or problem.code))
    value = problem.value
    if problem.code in _OF_DAYS:
        value = _DAY.sub(lambda day: format_plain_date(date.fromisoformat(day[0])), value)
    return str(text) % {"value": value}
