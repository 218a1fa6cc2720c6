"""The one address that agents are pointed at: GLPI Agent, FusionInventory, OCS, unmodified.

Agents hold no cookie, so that no token against forged requests is asked: what lets them in is the
token of their site, a client certificate that the proxy has checked, or their network. Texts here
are English: they end in the logs of agents.
"""

from __future__ import annotations

import ipaddress
import logging
from typing import Final

from flask import Blueprint, Response, current_app, request
from werkzeug.exceptions import HTTPException, RequestEntityTooLarge

from collectors.addresses import AddressSet, parse_networks
from collectors.agent.errors import Fault, UploadError
from collectors.agent.limits import MEBIBYTE, UploadLimits
from collectors.agent.messages import Dialect, Message, MessageKind, read_message
from collectors.agent.packing import Packing
from parc.config import AgentSettings
from parc.extensions import DatabaseError, csrf, db, transaction
from parc.services import agents as service
from parc.services.agent_tokens import find_token
from parc.services.permissions import Action
from parc.web import agent_answers as answers
from parc.web.access import requires
from parc.web.context import now, remote_address, settings
from parc.web.headers import is_from_proxy
from parc.web.pacing import Pace

agent_endpoint = Blueprint("agent_endpoint", __name__)
_LOG = logging.getLogger(__name__)
# Where agents of other servers report, so that a change of name in DNS moves a fleet.
_PATHS: Final = (
    "/inventory",
    "/front/inventory.php",
    "/plugins/fusioninventory",
    "/plugins/glpiinventory",
    "/marketplace/glpiinventory",
    "/ocsinventory",
)
_CHECKED: Final = "SUCCESS"
_REFUSED_COST: Final = 10.0  # a wrong token costs as much as ten requests
_LATER_HOURS: Final = 1
# Agents that report all the same, unasked, are taken in up to so many times what may wait.
_OVERFLOW: Final = 2
_TOO_MANY: Final = "too many inventories wait here; send it again later"
_PRIVATE: Final = ",user,local_user,local_group"
_STATUS: Final = {Fault.TOO_LARGE: 413}


@requires(Action.PUBLIC)
def receive(token: str = "") -> Response:
    """Take a message of an agent and answer it; nothing is asked of who sends it but its token."""
    chosen = settings().agents
    try:
        return _receive(chosen, token)
    except UploadError as error:
        _LOG.info("an upload of %s is refused: %s", remote_address(), error.detail)
        return _refuse(_STATUS.get(error.fault, 400), error.detail)
    except RequestEntityTooLarge:
        return _refuse(413, f"the body is larger than {chosen.body_megabytes} MiB")
    except HTTPException as error:
        return _refuse(error.code or 400, error.name)
    except DatabaseError as error:
        _LOG.error("an upload of %s could not be stored: %s", remote_address(), error.orig)
        return _refuse(503, "the inventory could not be stored; send it again later")


csrf.exempt(receive)
for _path in (*_PATHS, "/inventory/<token>"):
    agent_endpoint.add_url_rule(
        _path, view_func=receive, methods=["GET", "POST"], strict_slashes=False
    )


def _receive(chosen: AgentSettings, token: str) -> Response:
    if not chosen.is_enabled:
        return _refuse(404, "inventories of agents are not taken here")
    if not _pace().takes(remote_address(), chosen.requests_per_minute, now()):
        return _refuse(429, "too many requests of this address; come again in a minute")
    token_id = _enrolled(chosen, token)
    if token_id is None:
        _pace().takes(remote_address(), chosen.requests_per_minute, now(), _REFUSED_COST)
        _LOG.warning("an agent at %s has no valid token", remote_address())
        refused = _refuse(401, "this agent is not enrolled: its address needs a valid token")
        refused.headers["WWW-Authenticate"] = 'Basic realm="Parc"'
        return refused
    if request.method == "GET":
        return _poll()
    limits = UploadLimits(wire_octets=chosen.body_megabytes * MEBIBYTE)
    # One more: a body sent in chunks is cut at the limit without a word.
    request.max_content_length = limits.wire_octets + 1
    message = read_message(request.get_data(cache=True), limits)
    return _answer(chosen, message, token_id)


def _poll() -> Response:
    """Answer polls of tasks that are not served, and whoever asks again for a pending answer."""
    if request.args.get("action") == "getConfig" or not request.headers.get("GLPI-Request-ID"):
        return answers.answer(Dialect.JSON, Packing.PLAIN, {})
    content = {"status": "ok", "expiration": settings().agents.interval_hours}
    return answers.answer(Dialect.JSON, Packing.PLAIN, content)


def _answer(chosen: AgentSettings, message: Message, token_id: int) -> Response:
    agent_id = request.headers.get("GLPI-Agent-ID", "")[:100]
    hours, packing = chosen.interval_hours, message.packing
    received = service.Received(
        message=message,
        at=now(),
        agent_id=agent_id,
        client=request.headers.get("User-Agent", "")[:100],
        address=_address(),
        token_id=token_id or None,
        keeps_people=chosen.keep_people,
    )
    if message.kind is MessageKind.NETWORK:
        return answers.accepted(message.dialect, packing, hours)
    waiting = service.waiting_count(db.session(), chosen.most_waiting * _OVERFLOW)
    if message.kind is not MessageKind.INVENTORY:
        return _advise(chosen, received, is_wanted=waiting <= chosen.most_waiting)
    if waiting > chosen.most_waiting * _OVERFLOW:
        return answers.refusal(message.dialect, packing, 503, _TOO_MANY)
    with transaction() as session:
        service.store_inventory(session, received)
    return answers.accepted(message.dialect, packing, hours)


def _advise(chosen: AgentSettings, received: service.Received, *, is_wanted: bool) -> Response:
    """Say whether an inventory is wanted, of which kind, and when to come again."""
    message, packing = received.message, received.message.packing
    hours = chosen.interval_hours if is_wanted else _LATER_HOURS
    # Whole inventories come by XML alone; what changed is of use only where all is known.
    may_send_parts = not chosen.always_whole and service.has_whole_state(
        db.session(), received.agent_id, message.device_id
    )
    if message.kind is MessageKind.PROLOG:
        if received.agent_id and may_send_parts:
            return answers.pending(packing)
        return answers.prolog(packing, hours, is_wanted=is_wanted)
    if not may_send_parts:
        # It forgets that this server speaks JSON, and asks again in XML.
        return answers.refusal(message.dialect, packing, 400, "a whole inventory is needed")
    with transaction() as session:
        service.note_contact(session, received)
    categories = "process,environment" + ("" if chosen.keep_people else _PRIVATE)
    return answers.contact(packing, hours, is_wanted=is_wanted, unwanted_categories=categories)


def _enrolled(chosen: AgentSettings, token: str) -> int | None:
    """Give the id of the token that lets the sender in, 0 for other means, None for nobody."""
    authorization = request.authorization
    given = [token]
    if authorization is not None:
        given += [authorization.password or "", authorization.token or ""]
    for secret in filter(None, given):
        row = find_token(db.session(), secret)
        if row is not None:
            return row.id
    header = chosen.certificate_header
    if header and is_from_proxy() and request.headers.get(header) == _CHECKED:
        return 0
    return 0 if remote_address() in _networks(chosen) else None


def _networks(chosen: AgentSettings) -> AddressSet:
    """Give the networks that need no token, read once."""
    known = current_app.extensions.get("parc_agent_networks")
    if not isinstance(known, AddressSet):
        known = AddressSet.of(parse_networks(chosen.networks)[0])
        current_app.extensions["parc_agent_networks"] = known
    return known


def _pace() -> Pace:
    """Give the buckets of this process."""
    found: Pace = current_app.extensions.setdefault("parc_agent_pace", Pace())
    return found


def _address() -> str | None:
    """Give where the agent reported from, as long as that is an address."""
    try:
        return str(ipaddress.ip_address(remote_address()))
    except ValueError:
        return None


def _refuse(status: int, text: str) -> Response:
    """Refuse in the dialect that the body seems to have; compressed bodies are taken for XML."""
    dialect = Dialect.XML
    packing = Packing.PLAIN
    kind = request.content_type or ""
    if request.headers.get("GLPI-Agent-ID") or "json" in kind:
        dialect = Dialect.JSON
    if "zlib" in kind or kind == "application/x-compress":
        packing = Packing.ZLIB
    elif "gzip" in kind:
        packing = Packing.GZIP
    return answers.refusal(dialect, packing, status, text)
