"""Small pictures, as phones and programs write them."""

from __future__ import annotations

import io
from typing import Any

from PIL import ExifTags, Image  # noqa: TID251 -- tests make what people send

PLACE = b"SECRET-PLACE"


def encoded(picture: Image.Image, kind: str, **how: Any) -> bytes:
    body = io.BytesIO()
    picture.save(body, format=kind, **how)
    return body.getvalue()


def decoded(body: bytes) -> Image.Image:
    picture = Image.open(io.BytesIO(body))
    picture.load()
    return picture


def photo() -> bytes:
    """Give a photo taken on its side: 40 by 20 as it lies, its top red, and where it was taken."""
    picture = Image.new("RGB", (40, 20), "blue")
    picture.paste("red", (0, 0, 10, 20))
    exif = Image.Exif()
    exif[ExifTags.Base.Orientation] = 6  # its first column is the top
    exif[ExifTags.Base.ImageDescription] = PLACE.decode()
    exif.get_ifd(ExifTags.IFD.GPSInfo).update(
        {1: "N", 2: (48.0, 51.0, 29.0), 3: "E", 4: (2.0, 17.0, 40.0), 29: PLACE.decode()}
    )
    return encoded(
        picture, "JPEG", exif=exif, comment=PLACE, icc_profile=PLACE, xmp=b"<x>%b</x>" % PLACE
    )


PHOTO = photo()
