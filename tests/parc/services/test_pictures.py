"""Tests of pictures: what is seen stays, what stands beside it goes, and bombs cost little."""

from __future__ import annotations

import io
import struct
import tempfile
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from PIL import ExifTags, Image, ImageOps, PngImagePlugin  # noqa: TID251 -- tests make what people send

from parc.services import pictures
from parc.services.document_store import DocumentStore
from parc.services.picture_drawing import draw
from parc.services.pictures import PictureError, redraw
from tests.pictures import PHOTO, PLACE, decoded, encoded

MOST = 1024 * 1024
TAIL = b"<script>" + PLACE


def redrawn(body: bytes, media_type: str, most_bytes: int = MOST) -> bytes:
    with tempfile.TemporaryFile() as file:
        file.write(body)
        file.seek(0)
        file.read(100)  # whoever told its type has read of it
        drawn = redraw(file, media_type, most_bytes)
    assert drawn is not None
    return drawn


def drawing() -> Image.Image:
    """Give a picture with many colours, some seen through."""
    picture = Image.new("RGBA", (32, 32))
    picture.putdata([(x * 8, y * 8, x * y % 256, 255 - x) for y in range(32) for x in range(32)])
    return picture


def test_photo_loses_its_place_and_stands_upright() -> None:
    assert PLACE in PHOTO
    drawn = redrawn(PHOTO + TAIL, "image/jpeg")
    assert PLACE not in drawn
    assert b"Exif" not in drawn
    shown = decoded(drawn)
    assert (shown.size, dict(shown.getexif())) == ((20, 40), {})
    red, blue = shown.getpixel((10, 4)), shown.getpixel((10, 30))
    assert isinstance(red, tuple)
    assert isinstance(blue, tuple)
    assert red[0] > 240
    assert blue[2] > 240


@pytest.mark.parametrize("orientation", range(1, 9))
def test_photo_is_turned_as_viewers_turn_it(orientation: int) -> None:
    exif = Image.Exif()
    exif[ExifTags.Base.Orientation] = orientation
    body = encoded(drawing(), "PNG", exif=exif)
    drawn = decoded(draw(io.BytesIO(body), "PNG"))
    assert drawn.tobytes() == ImageOps.exif_transpose(decoded(body)).tobytes()


def test_broken_metadata_cost_no_photo() -> None:
    body = PHOTO.replace(b"Exif\x00\x00MM\x00*", b"Exif\x00\x00MM\x00*\xff\xff")
    assert body != PHOTO
    assert decoded(redrawn(body, "image/jpeg")).size == (40, 20)


def test_same_photo_is_drawn_to_the_same_octets() -> None:
    assert redrawn(PHOTO, "image/jpeg") == redrawn(PHOTO + TAIL, "image/jpeg")


def test_large_photo_is_made_smaller() -> None:
    for width in (5000, 10_000):  # the decoder halves the second
        drawn = draw(io.BytesIO(encoded(Image.new("L", (width, 100)), "JPEG")), "JPEG")
        assert 3072 <= max(decoded(drawn).size) <= 4096


def test_photo_for_a_printer_is_shown_in_colours_of_screens() -> None:
    body = encoded(Image.new("CMYK", (8, 8), (0, 0, 0, 0)), "JPEG")
    assert decoded(draw(io.BytesIO(body), "JPEG")).getpixel((3, 3)) == (255, 255, 255)


def test_preview_beside_a_photo_goes() -> None:
    both = encoded(
        Image.new("L", (9, 9)), "MPO", save_all=True, append_images=[Image.new("L", (3, 3))]
    )
    assert decoded(redrawn(both, "image/jpeg")).size == (9, 9)


@pytest.mark.parametrize("kind", ["PNG", "WEBP", "GIF", "BMP"])
def test_drawing_keeps_each_pixel_and_nothing_else(kind: str) -> None:
    texts = PngImagePlugin.PngInfo()
    texts.add_text("Comment", PLACE.decode(), zip=False)
    exif = Image.Exif()
    exif[ExifTags.Base.ImageDescription] = PLACE.decode()
    how: dict[str, dict[str, Any]] = {
        "PNG": {"pnginfo": texts, "exif": exif, "icc_profile": PLACE},
        "WEBP": {"lossless": True, "exact": True, "exif": exif, "xmp": PLACE},
        "GIF": {"comment": PLACE},
        "BMP": {},
    }
    body = encoded(drawing(), kind, **how[kind]) + TAIL
    drawn = redrawn(body, f"image/{kind.lower()}")
    assert PLACE not in drawn
    assert decoded(drawn).format == kind
    assert decoded(drawn).convert("RGBA").tobytes() == decoded(body).convert("RGBA").tobytes()


@pytest.mark.parametrize("mode", ["1", "L", "LA", "P", "RGB", "I;16"])
def test_drawing_stays_of_its_kind(mode: str) -> None:
    body = encoded(Image.new(mode, (4, 4)), "PNG")
    assert decoded(draw(io.BytesIO(body), "PNG")).mode == decoded(body).mode


def test_colour_that_is_seen_through_stays_so() -> None:
    picture = Image.new("P", (4, 4), 1)
    picture.putpalette([0, 0, 0, 255, 0, 0])
    for kind in ("PNG", "GIF"):
        drawn = draw(io.BytesIO(encoded(picture, kind, transparency=1)), kind)
        assert decoded(drawn).convert("RGBA").getpixel((0, 0)) == (255, 0, 0, 0)


def test_webp_with_losses_is_a_photo() -> None:
    body = encoded(Image.new("RGB", (4200, 16), "red"), "WEBP")
    drawn = draw(io.BytesIO(body), "WEBP")
    assert decoded(drawn).size == (4096, 16)
    assert b"VP8L" not in drawn


def _png(width: int, height: int, rows: bytes) -> bytes:
    def chunk(name: bytes, body: bytes) -> bytes:
        return (
            struct.pack(">I", len(body)) + name + body + struct.pack(">I", zlib.crc32(name + body))
        )

    head = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    body = zlib.compress(rows)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", body) + chunk(b"IEND", b"")


def _refused() -> Iterator[tuple[bytes, str, str]]:
    moving = [Image.new("L", (8, 8), shade) for shade in (0, 200)]
    for kind in ("GIF", "WEBP", "PNG"):
        body = encoded(moving[0], kind, save_all=True, append_images=moving[1:])
        yield body, f"image/{kind.lower()}", "picture_moves"
    for width in (8001, 60_000, 2**31 - 1):
        yield _png(width, 8000, bytes(1000)), "image/png", "picture_too_large"
    wide = encoded(Image.new("1", (1, 1)), "GIF")
    yield wide[:6] + b"\xff\xff\xff\xff" + wide[10:], "image/gif", "picture_too_large"
    yield _png(800, 800, bytes(1000)), "image/png", "picture_unreadable"
    yield PHOTO[: len(PHOTO) - 100], "image/jpeg", "picture_unreadable"
    yield b"\xff\xd8\xff\xe0photo", "image/jpeg", "picture_unreadable"
    yield encoded(drawing(), "PNG"), "image/jpeg", "picture_unreadable"
    yield b"GIF89a" + PLACE, "image/gif", "picture_unreadable"
    yield b"RIFF\x00\x00\x00\x00WEBPVP8 ", "image/webp", "picture_unreadable"


@pytest.mark.parametrize(("body", "media_type", "code"), list(_refused()))
def test_picture_is_refused(body: bytes, media_type: str, code: str) -> None:
    with pytest.raises(PictureError, match=f"^{code}$"):
        redrawn(body, media_type)


def test_picture_waits_for_others_only_so_long(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pictures, "_WAIT_SECONDS", 0.01)
    with pictures._ONE_AT_A_TIME, pytest.raises(PictureError, match="picture_later"):
        redrawn(PHOTO, "image/jpeg")
    assert redrawn(PHOTO, "image/jpeg")


def test_picture_that_grows_beyond_what_may_be_is_refused() -> None:
    with pytest.raises(PictureError, match="picture_too_large"):
        redrawn(PHOTO, "image/jpeg", 100)


def test_store_keeps_and_names_what_was_drawn(tmp_path: Path) -> None:
    store = DocumentStore(tmp_path)

    def rewrite(_file: object, media_type: str) -> bytes | None:
        return b"drawn" if media_type == "image/jpeg" else None

    first = store.put(io.BytesIO(PHOTO), MOST, rewrite)
    assert store.is_whole(first.content_hash, 5)
    assert store.path(first.content_hash).read_bytes() == b"drawn"
    other = store.put(io.BytesIO(b"%PDF-1.7"), MOST, rewrite)
    assert store.path(other.content_hash).read_bytes() == b"%PDF-1.7"
    assert len([path for path in store.folder.rglob("*") if path.is_file()]) == 2
