"""Drawn pictures for products whose own can be seen nowhere: those of invented products, and all below `.example`.

For previews. Pictures of real hosts stay what they are, and what is sent is never touched. A drawing stands in the
page itself: preview pages show a mail in a sandbox, which may load no file that lies beside it.
"""

from __future__ import annotations

import base64
import hashlib
import re

# RFC 2606 keeps this domain free for ever; what samples show lies nowhere on a brand's own hosts.
_NOWHERE = r'https://(?:[^"/]+\.example/[^"]*|[^"/]+/products/sample-\d+\.jpg)'
_PICTURE = re.compile(rf'(<img\b[^>]*?\bsrc=")({_NOWHERE})"')

# Packages on a square of 100; nothing behind them, so that they stand on whatever the mail has there.
_BAG = '<path d="M32 30h36l5 46a5 5 0 0 1-5 5H32a5 5 0 0 1-5-5z"/><path d="M32 30l3-9h30l3 9z" opacity=".65"/>'
_JAR = '<rect x="34" y="17" width="32" height="9" opacity=".65"/><rect x="29" y="29" width="42" height="52" rx="9"/>'
_CARTON = '<path d="M31 34h38v47H31z"/><path d="M31 34l7-14h24l7 14z" opacity=".65"/>'
_TIN = '<rect x="29" y="24" width="42" height="57" rx="4"/><ellipse cx="50" cy="24" rx="21" ry="6" opacity=".65"/>'
_SHAPES = (_BAG, _JAR, _CARTON, _TIN)
_COLOURS = ("#8a5a3c", "#3a7d67", "#b5623a", "#4d6b99", "#957538", "#7d5a84")
_DRAWING = """<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 100 100" width="400" height="400">
<ellipse cx="50" cy="85" rx="26" ry="3.5" fill="#000" opacity=".12"/>
<g fill="{colour}">{shape}</g>
<rect x="38" y="{top}" width="24" height="{height}" rx="2" fill="#fff" opacity=".85"/>
</svg>
"""


def with_drawn_pictures(html: str) -> str:
    """The mail with drawings in place of pictures that nobody has."""
    return _PICTURE.sub(lambda found: f'{found[1]}{_as_address(_drawing(found[2]))}"', html)


def _as_address(drawing: str) -> str:
    return "data:image/svg+xml;base64," + base64.b64encode(drawing.encode()).decode()


def _drawing(picture: str) -> str:
    """Something like a packed product, always the same for the same picture."""
    digest = hashlib.sha256(picture.encode()).digest()
    return _DRAWING.format(
        shape=_SHAPES[digest[0] % len(_SHAPES)],
        colour=_COLOURS[digest[1] % len(_COLOURS)],
        top=48 + digest[2] % 8,
        height=12 + digest[3] % 8,
    )
