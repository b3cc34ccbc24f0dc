"""Amounts of many messages in words at once, as JSON: what `Wording.money` writes for each of them.

Every order has another total, so there is little that is distinct in them as a whole; units and hundredths are.
"""

from __future__ import annotations

import pyarrow as pa
import pyarrow.compute as pc

from assets.messaging import formats
from assets.messaging.columns import joined, json_text, per_distinct
from assets.messaging.wording import Wording


def money_texts(amounts: pa.Array, wording: Wording) -> pa.Array:
    """Null for null."""
    layouts = wording.money_layouts()
    if layouts is None or (pc.min(amounts).as_py() or 0) < 0:
        return per_distinct(amounts, lambda amount: json_text(wording.money(amount)))
    whole, fraction = layouts
    units = pc.divide(amounts, formats.HUNDREDTHS)
    rests = pc.subtract(amounts, pc.multiply(units, formats.HUNDREDTHS))
    endings = per_distinct(rests, lambda rest: _inside((fraction if rest else whole).ending(rest)))
    digits = per_distinct(units, lambda unit: _inside(whole.digits(unit)))
    return joined([f'"{_inside(whole.before)}', digits, endings, '"'])


def _inside(text: str) -> str:
    """A text as it stands between the quotes of JSON."""
    return json_text(text)[1:-1]
