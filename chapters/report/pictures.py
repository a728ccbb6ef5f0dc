"""Pictures inside a page: as data URIs, without loss, and no heavier than they must be."""

from __future__ import annotations

import base64
import io
import warnings
from pathlib import Path

from PIL import Image, ImageSequence

KINDS = {".png": "PNG", ".gif": "GIF"}
MOST_BYTES = 3_000_000  # of a picture in the page
MOST_SIDE = 8000  # pixels


def pictures_of(folder: Path) -> list[Path]:
    """The pictures in a folder, by name."""
    return sorted(path for path in folder.iterdir() if path.suffix.lower() in KINDS and path.is_file())


def packed(path: Path) -> tuple[str, int, int]:
    """A picture as a data URI, its width and its height in CSS pixels, of which an inch has 96.

    A PNG becomes WebP without loss, which is half as heavy. That decodes it, so none that is cut off gets through.

    Raises:
        ValueError: it is damaged, or too large for a page; says which.
    """
    kind = KINDS[path.suffix.lower()]
    try:
        if path.stat().st_size > MOST_BYTES:
            raise ValueError(f"is too large for this page: {path.stat().st_size / 1e6:.1f} MB")
        data = path.read_bytes()
        with warnings.catch_warnings():
            warnings.simplefilter("error", Image.DecompressionBombWarning)
            image = Image.open(io.BytesIO(data), formats=[kind])
        if max(image.size) > MOST_SIDE:
            raise ValueError(f"is too large for this page: {image.width} × {image.height} pixels")
        for frame in ImageSequence.Iterator(image):
            frame.load()
        if kind == "PNG":
            image.save(webp := io.BytesIO(), "WEBP", lossless=True, method=3)
            data, kind = webp.getvalue(), "WEBP"
    except (Image.DecompressionBombError, Image.DecompressionBombWarning):
        raise ValueError("is too large for this page") from None
    except (OSError, SyntaxError):  # SyntaxError is Pillow's word for a broken PNG
        raise ValueError(f"is damaged: no whole {kind}") from None
    dots = image.info.get("dpi", (96, 96))[0]
    scale = 96 / dots if 72 <= dots <= 600 else 1  # others are no size that anyone has meant
    uri = f"data:image/{kind.lower()};base64,{base64.b64encode(data).decode()}"
    return uri, round(image.width * scale), round(image.height * scale)
