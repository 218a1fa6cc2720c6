"""Pictures that people send are drawn anew, by a process that can spend only so much."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from signal import SIGKILL, SIGXCPU
from threading import Lock
from typing import IO, Final

# What Pillow calls a type. HEIC, AVIF and TIFF (scans of several pages, raw pictures of cameras)
# stay what they are: Pillow does not read them everywhere, or not the whole of them.
_FORMATS: Final = {
    "image/jpeg": "JPEG",
    "image/png": "PNG",
    "image/gif": "GIF",
    "image/webp": "WEBP",
    "image/bmp": "BMP",
}
_PROGRAM: Final = Path(__file__).with_name("picture_drawing.py")
_TIMEOUT_SECONDS: Final = 30
# How the program ends; see there.
_TOO_LARGE: Final = 3
_MOVES: Final = 4
# Several at once would multiply what one may take; those who wait hold a thread of the server.
_ONE_AT_A_TIME: Final = Lock()
_WAIT_SECONDS: Final = 10


class PictureError(ValueError):
    """The picture is not taken; the argument is the code of the problem."""


def redraw(file: IO[bytes], media_type: str, most_bytes: int) -> bytes | None:
    """Give a picture with nothing in it but what is seen; None for files that are no such picture.

    Args:
        file: an open file of the system.

    Raises:
        PictureError: ``picture_unreadable``, ``picture_too_large``, ``picture_moves``, or
            ``picture_later`` when others are being drawn.
    """
    kind = _FORMATS.get(media_type)
    if kind is None:
        return None
    if not _ONE_AT_A_TIME.acquire(timeout=_WAIT_SECONDS):
        raise PictureError("picture_later")
    try:
        done = _run(file, kind, most_bytes)
    except subprocess.TimeoutExpired:
        raise PictureError("picture_too_large") from None
    finally:
        _ONE_AT_A_TIME.release()
    if done.returncode == 0:
        return done.stdout
    if done.returncode in {_TOO_LARGE, -SIGXCPU, -SIGKILL}:
        raise PictureError("picture_too_large")
    raise PictureError("picture_moves" if done.returncode == _MOVES else "picture_unreadable")


def _run(file: IO[bytes], kind: str, most_bytes: int) -> subprocess.CompletedProcess[bytes]:
    return subprocess.run(  # noqa: S603 -- our own interpreter and program
        [sys.executable, "-P", str(_PROGRAM), kind, str(most_bytes)],
        stdin=file,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        env={"PYTHONPATH": os.pathsep.join(sys.path)},  # and none of the server's secrets
        timeout=_TIMEOUT_SECONDS,
        check=False,
    )
