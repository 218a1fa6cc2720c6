"""Every code by which a service refuses input has a text for people."""

from __future__ import annotations

import re
from pathlib import Path

from collectors.addresses import Fault
from parc.models import ScheduleKind
from parc.web.problems import PROBLEMS

_CODE = re.compile(
    r"FieldProblem\(\s*[\w.\"]+,\s*\"(\w+)\"|\.add\(\s*(?:field|name|\"\w+\"),\s*\"(\w+)\""
)


def test_every_code_of_the_services_has_a_text() -> None:
    used = {
        code
        for path in Path("parc/services").rglob("*.py")
        for pair in _CODE.findall(path.read_text(encoding="utf-8"))
        for code in pair
        if code
    }
    used |= {f"network_{fault.value}" for fault in Fault}
    used |= {f"bad_{kind.value}" for kind in ScheduleKind if kind is not ScheduleKind.NONE}
    assert len(used) > 20
    assert sorted(used - PROBLEMS.keys()) == []
