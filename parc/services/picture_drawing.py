"""Draws a picture anew: a program of its own, which reads one on its input and writes one.

It runs apart because decoders of pictures are the code that strangers like to feed: what goes
wrong in there ends this process only, and the system bounds its memory and its time. It imports
nothing of Parc, so that it can be run as a file. Only what is drawn is written again: where a
photo was taken, what follows the end of the picture and whatever else was in the file is left.
"""

from __future__ import annotations

import io
import resource
import struct
import sys
import warnings
from typing import IO, Any, Final

from PIL import ExifTags, Image

# How it ends when it has drawn nothing; any other end: it could not be read.
TOO_LARGE: Final = 3
MOVES: Final = 4

_MOST_PIXELS: Final = 64_000_000
_MOST_PIXELS_OF_WEBP: Final = 32_000_000  # libwebp holds several copies of them
_LONGEST_SIDE: Final = 4096
_QUALITY: Final = 88
_MEMORY: Final = 1024 * 1024 * 1024
_SECONDS: Final = 10
_WEBP_HEAD: Final = 64 * 1024
# What makes a picture upright, by how EXIF says that it lies.
_TURNS: Final = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}

Saving = dict[str, Any]


class _RefusedError(Exception):
    """The picture is not drawn; the argument is how the program ends."""


def draw(file: IO[bytes], kind: str) -> bytes:
    """Give the picture of a file again in its format, upright, with nothing beside it.

    Photos, that is JPEG and WebP with losses, are made smaller; the others keep each pixel.

    Args:
        kind: how Pillow calls the format; no other is tried.
    """
    is_photo = kind == "JPEG" or (kind == "WEBP" and _has_losses(file))
    with Image.open(file, formats=[kind]) as opened:
        most = _MOST_PIXELS_OF_WEBP if kind == "WEBP" else _MOST_PIXELS
        if opened.width * opened.height > most:
            raise _RefusedError(TOO_LARGE)
        # A JPEG of several pictures holds a preview or a map of its lights beside the photo.
        if kind != "JPEG" and getattr(opened, "is_animated", False):
            raise _RefusedError(MOVES)
        if kind == "JPEG":
            _read_smaller(opened)
        opened.load()
        turned = _upright(opened)
        if is_photo:
            turned.thumbnail((_LONGEST_SIDE, _LONGEST_SIDE))
        if kind == "JPEG" and turned.mode not in {"L", "RGB"}:
            turned = turned.convert("RGB")
        see_through = turned.info.get("transparency")
        turned.info = {} if see_through is None else {"transparency": see_through}
        body = io.BytesIO()
        turned.save(body, format=kind, **_saving(kind, is_photo=is_photo))
        return body.getvalue()


def _saving(kind: str, *, is_photo: bool) -> Saving:
    if is_photo:
        return {"quality": _QUALITY}
    return {"lossless": True, "exact": True} if kind == "WEBP" else {}


def _has_losses(file: IO[bytes]) -> bool:
    file.seek(0)
    head = file.read(_WEBP_HEAD)
    return b"VP8L" not in head


def _read_smaller(opened: Image.Image) -> None:
    """Let the decoder halve what is much too large, before it takes memory."""
    longest = max(opened.size)
    wanted = _LONGEST_SIDE * 3 // 4
    if longest > wanted:
        width, height = (max(1, side * wanted // longest) for side in opened.size)
        opened.draft(opened.mode, (width, height))


def _upright(opened: Image.Image) -> Image.Image:
    try:
        orientation = opened.getexif().get(ExifTags.Base.Orientation)
    except (OSError, ValueError, SyntaxError, TypeError, LookupError, struct.error):
        return opened  # what is broken beside a picture makes it no worse
    turn = _TURNS.get(orientation or 1)
    return opened if turn is None else opened.transpose(turn)


def main() -> int:
    """Draw standard input, a file, on standard output; the arguments are format and octets."""
    resource.setrlimit(resource.RLIMIT_AS, (_MEMORY, _MEMORY))
    resource.setrlimit(resource.RLIMIT_CPU, (_SECONDS, _SECONDS))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    warnings.simplefilter("ignore")
    warnings.simplefilter("error", Image.DecompressionBombWarning)
    Image.MAX_IMAGE_PIXELS = _MOST_PIXELS
    try:
        body = draw(sys.stdin.buffer, sys.argv[1])
    except _RefusedError as refused:
        return int(refused.args[0])
    except (Image.DecompressionBombError, Image.DecompressionBombWarning, MemoryError):
        return TOO_LARGE
    if len(body) > int(sys.argv[2]):
        return TOO_LARGE
    sys.stdout.buffer.write(body)
    return 0


if __name__ == "__main__":
    sys.exit(main())
