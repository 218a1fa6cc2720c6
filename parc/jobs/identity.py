"""Who a worker is, so that another one on the same machine can tell that it is dead.

A name holds machine, process id, the moment the process began (so that a process id that was
given again is not taken for the same process) and the namespace that process ids count in (two
containers may share a host name). What cannot be told is left to the lease.
"""

from __future__ import annotations

import os
import socket
from pathlib import Path

_PROC = Path("/proc")
_START_FIELD = 19  # of what follows the name in /proc/PID/stat: starttime, field 22 (proc(5))


def worker_name() -> str:
    """Give the name of this process as a worker: ``machine/namespace/pid/start``."""
    pid = os.getpid()
    return f"{_prefix()}{pid}/{_started(pid) or 0}"


def is_gone(name: str) -> bool:
    """Tell whether the worker is known to be dead; False when that cannot be told from here."""
    if not name.startswith(_prefix()):
        return False
    pid, _, start = name.removeprefix(_prefix()).partition("/")
    return pid.isdecimal() and str(_started(int(pid)) or "") != start


def _prefix() -> str:
    return f"{socket.gethostname()[:40]}/{_namespace()}/"


def _namespace() -> str:
    try:
        return (_PROC / "self" / "ns" / "pid").readlink().name.strip("pid:[]")
    except OSError:
        return "0"


def _started(pid: int) -> int | None:
    """Give when the process began, in clock ticks since boot; None when there is none."""
    try:
        text = (_PROC / str(pid) / "stat").read_text(encoding="utf-8", errors="replace")
    except OSError:
        return None
    fields = text.rpartition(")")[2].split()
    return None if fields[0] == "Z" else int(fields[_START_FIELD])
