"""Asks endoflife.date for the ends of support of what is installed: when an administrator wants it.

Only names of products leave the house, never what is installed where. Every answer is bounded in
octets and seconds; no redirection is followed; one product that fails does not end the rest.
"""

from __future__ import annotations

import http.client
import logging
import urllib.error
import urllib.request
from collections.abc import Mapping
from dataclasses import dataclass, field
from time import monotonic
from typing import IO, Any, Final

from parc.errors import ParcError
from parc.jobs.contracts import Work, work_of
from parc.jobs.execution import JobContext
from parc.queries.software import installed_names
from parc.services.software_refolding import settle_support, take_online_ends
from parc.software.end_of_life import AnswerError, Asked, asked_products, read_answer

_LOG = logging.getLogger(__name__)
_MOST_OCTETS: Final = 2_000_000
_PART: Final = 65_536
_SILENCE_SECONDS: Final = 10.0
_ANSWER_SECONDS: Final = 30.0
_MOST_FAILURES: Final = 3


@dataclass(slots=True)
class Refreshed:
    """What came of it.

    Attributes:
        asked: products that were asked for.
        changed: ends that are new or others than before.
        titles: names that are installed whose end changed by it.
        failures: what went wrong, by product.
    """

    asked: int = 0
    changed: int = 0
    titles: int = 0
    failures: list[str] = field(default_factory=list)


def refresh_support(work: Work) -> Refreshed:
    """Ask for every product that is installed, and take the answers over.

    It ends early when three products in a row failed: then the site cannot be reached.
    """
    with work.transaction() as session:
        names = installed_names(session, [one.product for one in asked_products()])
    done, failed = Refreshed(), 0
    for one in asked_products():
        if one.product not in names:
            continue
        work.go_on()
        done.asked += 1
        try:
            ends = read_answer(fetch(work.settings.software.support_url, one), one, work.today)
        except AnswerError as error:
            done.failures.append(str(error))
            failed += 1
            if failed == _MOST_FAILURES:
                done.failures.append("the rest was not asked for")
                break
            continue
        failed = 0
        with work.transaction() as session:
            done.changed += take_online_ends(session, ends)
    with work.transaction() as session:
        done.titles = settle_support(session)
    return done


def fetch(base_url: str, asked: Asked) -> bytes:
    """Get one answer.

    Raises:
        AnswerError: it cannot be had, is too large, or takes too long.
    """
    url = f"{base_url.rstrip('/')}/products/{asked.slug}/"
    request = urllib.request.Request(url, headers={"Accept": "application/json"})  # noqa: S310 -- the settings allow http and https only
    end = monotonic() + _ANSWER_SECONDS
    try:
        with _OPENER.open(request, timeout=_SILENCE_SECONDS) as answer:
            return _read(answer, asked, end)
    except (OSError, http.client.HTTPException, ValueError) as error:
        raise AnswerError(f"{asked.slug}: {error}") from error


def _read(answer: IO[bytes], asked: Asked, end: float) -> bytes:
    parts: list[bytes] = []
    size = 0
    while part := answer.read(_PART):
        size += len(part)
        parts.append(part)
        if size > _MOST_OCTETS:
            raise AnswerError(f"{asked.slug}: the answer is larger than {_MOST_OCTETS} octets")
        if monotonic() > end:
            raise AnswerError(f"{asked.slug}: the answer takes longer than {_ANSWER_SECONDS} s")
    return b"".join(parts)


class _NoRedirect(urllib.request.HTTPRedirectHandler):
    """Follows nobody elsewhere: the address is the one that an administrator set."""

    def redirect_request(self, *_parts: Any) -> None:
        return None


_OPENER: Final = urllib.request.build_opener(_NoRedirect)


def online_support(context: JobContext, arguments: Mapping[str, Any]) -> None:
    """Carry the job out; it fails when nothing could be had.

    Raises:
        ParcError: every product failed.
    """
    del arguments
    done = refresh_support(work_of(context))
    for text in done.failures:
        _LOG.warning("end of support: %s", text)
    if done.asked and len(done.failures) >= done.asked:
        raise ParcError(done.failures[0])
