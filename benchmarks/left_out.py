"""Collect from recorded devices with the definitions left out that speak for their platform.

What is known of a recording's own platform says nothing of how Parc fares with platforms that it
has never met. Here each recording is read with the definitions taken away that fit recordings of
its platform and of no other; those of its maker's other families stay.

    python -m benchmarks.left_out RECORDINGS TRUTH [--leave-out nothing|platform|everything]

RECORDINGS is a folder of ``.snmprec`` files, ``NAME@CONTEXT.snmprec`` the same device in a context;
TRUTH has a JSON object a line with ``case``, the name of a recording, and ``os``, its platform.
Writes what ``parc collect snmp`` writes, with ``case`` in place of the address: for a scorer.
Recordings that lose no definition are left out of ``platform``.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import sys
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

from collectors.collect import SnmpResult, collect_snmp
from collectors.contract import to_line
from collectors.credentials import SnmpCredential, SnmpVersion
from collectors.definitions.loader import load_definitions
from collectors.definitions.model import Definitions
from collectors.snmp.replay import ReplayTransport
from collectors.snmp.transport import VarBind
from collectors.target import Target
from collectors.walks import WalkError, read_walk

_CREDENTIALS = (SnmpCredential(SnmpVersion.V2C, community="public"),)


def main() -> None:
    """Read the arguments and write a line for each recording."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("recordings", type=Path)
    parser.add_argument("truth", type=Path)
    parser.add_argument(
        "--leave-out", choices=("nothing", "platform", "everything"), default="platform"
    )
    arguments = parser.parse_args()
    platforms = _platforms(arguments.truth)
    known = Definitions(load_definitions())
    if arguments.leave_out == "everything":
        known = Definitions()
    spoken_for = {}
    for case in sorted(platforms):
        result = _collect(arguments.recordings, case, known)
        spoken_for[case] = _definition_of(result)
        if arguments.leave_out != "platform":
            _write(case, result)
    if arguments.leave_out == "platform":
        left_out = _left_out(platforms, spoken_for)
        for case, platform in sorted(platforms.items()):
            if spoken_for[case] in left_out[platform]:
                rest = Definitions(one for one in known if one.id not in left_out[platform])
                _write(case, _collect(arguments.recordings, case, rest))


def _platforms(truth: Path) -> dict[str, str]:
    """Give the platform of each case."""
    lines = map(json.loads, truth.read_text("utf-8").splitlines())
    return {one["case"]: one["os"] for one in lines}


def _left_out(
    platforms: Mapping[str, str], spoken_for: Mapping[str, str | None]
) -> Mapping[str, set[str]]:
    """Give for each platform the definitions that fit its recordings and no others."""
    fits = defaultdict(set)
    for case, definition in spoken_for.items():
        if definition is not None:
            fits[definition].add(platforms[case])
    left_out: dict[str, set[str]] = defaultdict(set)
    for definition, of_platforms in fits.items():
        if len(of_platforms) == 1:
            left_out[next(iter(of_platforms))].add(definition)
    return left_out


def _collect(folder: Path, case: str, known: Definitions) -> SnmpResult:
    contexts = {
        path.stem.partition("@")[2]: _read(path) for path in folder.glob(f"{case}@*.snmprec")
    }
    transport = ReplayTransport(_read(folder / f"{case}.snmprec"), contexts=contexts)
    target = Target("192.0.2.1", _CREDENTIALS)
    return asyncio.run(collect_snmp(target, transport, known, lambda: datetime.now(UTC)))


def _read(path: Path) -> list[VarBind]:
    """Read a recording; lines that are none are left out, as by the agents that replay them."""
    recording = path.read_bytes()
    try:
        return read_walk(recording)
    except WalkError:
        return [one for line in recording.splitlines() for one in _line(line)]


def _line(line: bytes) -> list[VarBind]:
    try:
        return read_walk(line)
    except WalkError:
        return []


def _definition_of(result: SnmpResult) -> str | None:
    identity = result.observation.identity if result.observation else None
    return identity.definition if identity else None


def _write(case: str, result: SnmpResult) -> None:
    line = json.loads(to_line(replace(result, address=case)))
    sys.stdout.write(json.dumps({"case": line.pop("address"), **line}) + "\n")


if __name__ == "__main__":
    main()
