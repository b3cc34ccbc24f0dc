"""Product words: a customer must be able to read what a till abbreviates."""

from __future__ import annotations

import pytest

from assets.demo.catalogue import product_group
from assets.demo.dice import Dice
from assets.demo.titles import brand_name, metric_size, type_name


@pytest.mark.parametrize(
    ("kind", "category", "name"),
    [
        ("GROUND COFFEE", "COFFEE", "ground coffee"),
        ("FRZN FRENCH FRIES", "FRZN POTATOES", "frozen French fries"),
        ("PREMIUM", "PASTA SAUCE", "pasta sauce, premium"),
        ("POTATOES RUSSET (BULK&BAG)", "POTATOES", "potatoes russet"),
        ("FLUID MILK WHITE ONLY", "FLUID MILK PRODUCTS", "milk"),
        ("MISCELLANEOUS", "LUNCHMEAT", "lunchmeat"),
    ],
)
def test_types_are_told_in_plain_words(kind: str, category: str, name: str) -> None:
    assert type_name(kind, category) == name


@pytest.mark.parametrize(
    ("size", "kind", "department", "metric"),
    [
        ("12 OZ", "GROUND COFFEE", "GROCERY", "340 g"),
        ("64 OZ", "APPLE JUICE", "GROCERY", "1.9 l"),
        ("1 GA", "FLUID MILK WHITE ONLY", "GROCERY", "3.8 l"),
        ("1 DZ", "EGGS - LARGE", "GROCERY", "12 pcs"),
        ("40 LB", "BANANAS", "PRODUCE", None),
        ("(600) 4 LB", "SUGAR", "GROCERY", None),
        (None, "SUGAR", "GROCERY", None),
    ],
)
def test_sizes_are_metric_or_left_out(size: str | None, kind: str, department: str, metric: str | None) -> None:
    """A crate's weight in a title would look like an offer of forty pounds of bananas."""
    assert metric_size(size, kind, department) == metric


@pytest.mark.parametrize(
    ("category", "kind", "group"),
    [
        ("COFFEE", "GROUND COFFEE", "coffee"),
        ("COFFEE", "NON DAIRY CREAMER: DRY", "coffee_creamer"),
        ("DOG FOODS", "DOG TREATS (SOFT TREATS)", "dog_treats"),
        ("BABY HBC", "BABY WIPES", "baby_wipes"),
        ("BABY FOODS", "BABY FOOD - BEGINNER", "baby"),
        ("BAKING MIXES", "FROSTING", "baking_decorations"),
        ("FRZN PIE/DESSERTS", "PIES", "frzn_pie_desserts"),
    ],
)
def test_an_accessory_never_falls_into_the_group_it_belongs_to(category: str, kind: str, group: str) -> None:
    """The accessory split of a journey needs the accessory in a group of its own."""
    assert product_group(category, kind, "GROCERY") == group


def test_a_manufacturer_keeps_its_brand() -> None:
    assert brand_name(Dice(1), 42, "National") == brand_name(Dice(1), 42, "National")
    assert brand_name(Dice(1), 69, "Private") == "Hverdag"


def test_draws_depend_on_the_seed_and_the_key_alone() -> None:
    """The order of draws must not matter, or a part of the demo would differ from the whole."""
    dice = Dice(11)
    units = [dice.unit("x", i) for i in range(2000)]
    assert units == [Dice(11).unit("x", i) for i in reversed(range(2000))][::-1]
    assert units != [Dice(12).unit("x", i) for i in range(2000)]
    assert 0.47 < sum(units) / len(units) < 0.53
    assert {dice.between(1, 3, i) for i in range(50)} == {1, 2, 3}
    assert dice.weighted({"a": 1.0, "b": 0.0}, "k") == "a"
