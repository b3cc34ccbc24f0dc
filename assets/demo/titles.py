"""Readable product titles, brands and sizes out of a till's abbreviations.

Brands are invented per manufacturer (the source names none); sizes are turned into metric ones.
"""

from __future__ import annotations

import re

from assets.demo.dice import Dice
from assets.demo.groups import DEPARTMENT_NAMES, DROPPED_WORDS, PLAIN_WORDS, TYPE_NAMES

HOUSE_BRAND = "Hverdag"
_HEADS = (
    "Fjell", "Nord", "Sol", "Vind", "Lille", "Stor", "Grønn", "Høst", "Vår", "Bjørke", "Eike", "Elve",
    "Fager", "Gull", "Hav", "Kilde", "Lys", "Myr", "Rogn", "Skog", "Strand", "Ulv", "Øst", "Ås",
)  # fmt: skip
_TAILS = (
    "dal", "vik", "nes", "berg", "bakk", "havn", "stad", "lund", "voll", "myra", "rud", "sund", "fossen",
    "gård", "hytta", "mark", "heim", "tind", "bø", "øy", "sletta", "krona", "tjern", "vang",
)  # fmt: skip
# Types that say nothing without the shelf they stand on.
_VAGUE = re.compile(
    r"^(premium|economy|mainstream|traditional|value|primal|lean|enhanced|fresh|links|patties|ham|"
    r"poultry|ribs|angus|rolls|choice|select|better for you|smoked|sticks|regular garden|blends|garden|"
    r"miscellaneous|misc|private label|gourmet|natural|standard|adult|kids|entrees)\b",
    re.IGNORECASE,
)
_LIQUID = re.compile(r"DRNK|DRINK|MILK|JUICE|WATER|BEER|WINE|LIQUOR|OIL|CREAMER|SHAMPOO|DETERGENT|BLEACH|SOAP|TEA WITH")
# Sizes of shelf packs and crates, which the customer does not buy: fruit by the crate of 40 pounds.
_CRATE_DEPARTMENTS = ("PRODUCE", "TRAVEL & LEISURE", "FLORAL")
_SIZE = re.compile(r"^([\d.]+)\s*(OZ|LB|GA|GAL|L|LTR|ML|CT|PK|PC|DZ|QT|PT)\b")


def brand_name(dice: Dice, manufacturer_id: int, brand: str) -> str:
    """The house brand, or a name made up for the manufacturer."""
    if brand == "Private":
        return HOUSE_BRAND
    head = dice.pick(_HEADS, "brand head", manufacturer_id)
    return head + dice.pick(_TAILS, "brand tail", manufacturer_id)


def type_name(product_type: str, category: str) -> str:
    """The product type in plain words, with its category where the type alone says too little."""
    if product_type in TYPE_NAMES:
        return TYPE_NAMES[product_type]
    name = _plain(product_type)
    shelf = _plain(re.split(r"[/&(-]", category)[0])
    if not name or name == shelf:
        return shelf or "product"
    if _VAGUE.match(name) and shelf and shelf not in name:
        return f"{shelf}, {name}"
    return name


def category_name(text: str) -> str:
    """A department, category or type as a step of `product_type`."""
    if text in DEPARTMENT_NAMES:
        return DEPARTMENT_NAMES[text]
    name = TYPE_NAMES.get(text) or _plain(text, separator="/")
    return name[:1].upper() + name[1:] if name else "Other"


def metric_size(package_size: str | None, product_type: str, department: str) -> str | None:
    """`12 OZ` as `340 g` (or `355 ml` for liquids); None for crates and what is not readable."""
    match = _SIZE.match(package_size or "")
    if not match:
        return None
    try:
        amount = float(match[1])
    except ValueError:
        return None
    unit = match[2]
    if department in _CRATE_DEPARTMENTS and (unit in ("CT", "PK", "PC") or amount > 6):
        return None
    if unit == "OZ" and _LIQUID.search(product_type):
        return _scaled(amount * 29.57, "ml", "l")
    if unit in ("OZ", "LB"):
        return _scaled(amount * (28.35 if unit == "OZ" else 453.6), "g", "kg")
    if unit in ("L", "LTR", "ML"):
        return _scaled(amount * (1 if unit == "ML" else 1000), "ml", "l")
    if unit in ("GA", "GAL", "QT", "PT"):
        return _scaled(amount * {"GA": 3785, "GAL": 3785, "QT": 946, "PT": 473}[unit], "ml", "l")
    n_pieces = amount * (12 if unit == "DZ" else 1)
    return f"{n_pieces:g} pcs" if n_pieces > 1 else None


def slug(text: str) -> str:
    """A lower-case name of letters, digits and underscores."""
    return re.sub(r"[^a-z0-9]+", "_", text.lower()).strip("_")


def _scaled(amount: float, small: str, large: str) -> str:
    if amount >= 1000:
        return f"{amount / 1000:.1f}".rstrip("0").rstrip(".") + f" {large}"
    return f"{round(amount / 5) * 5 or round(amount, 1):g} {small}"


def _plain(text: str, separator: str = " ") -> str:
    text = re.sub(r"\(.*", "", text.lower())
    text = re.sub(r"\b\d+[/&\d]*\s*(pk|liter|lt)\b|\bunder \d+|\bover \d+", " ", text)
    parts = []
    for part in text.replace(",", " ").split("/") if separator == "/" else [text]:
        words = re.split(r"[^a-zæøå0-9'%]+", part)
        kept = [PLAIN_WORDS.get(word, word) for word in words if word not in DROPPED_WORDS]
        name = " ".join(word for word in kept if word)
        if name:
            parts.append(name)
    return " and ".join(parts)
