"""Pictures of the page: drawn for a wide screen and for a phone, with a description."""

import base64
import io
from collections.abc import Callable
from dataclasses import dataclass

from PIL import Image

# Widths of figures: over the whole text, two side by side, and on a phone.
WIDE_IN, HALF_IN, NARROW_IN = 9.6, 4.7, 4.0
# Of WebP: a fifth of the size of a PNG, and nothing that is drawn looks different.
_QUALITY = 70


@dataclass(frozen=True)
class Picture:
    """A figure as sources of an image, the second for a narrow screen, and its description."""

    wide: str
    narrow: str
    words: str


def draw(function: Callable[..., str], words: str, *, width_in: float = WIDE_IN) -> Picture:
    """Draw a figure twice: `width_in` inches wide, and for a phone."""
    wide, narrow = (embed_svg(function(width_in=width)) for width in (width_in, NARROW_IN))
    return Picture(wide, narrow, words)


def embed_svg(svg: str) -> str:
    """Give an SVG as the source of an image; element ids of two figures cannot clash there."""
    return "data:image/svg+xml;base64," + base64.b64encode(svg.encode("utf-8")).decode("ascii")


def embed_png(png: bytes) -> str:
    """Give a drawn PNG as the source of an image, smaller: a study has hundreds of them."""
    stream = io.BytesIO()
    Image.open(io.BytesIO(png)).convert("RGB").save(stream, "WEBP", quality=_QUALITY, method=6)
    return "data:image/webp;base64," + base64.b64encode(stream.getvalue()).decode("ascii")
