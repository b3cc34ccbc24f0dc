"""The retailer's curated product groups and what belongs together. Data only.

A product's group is the first entry whose categories hold its category (or whose types match its
type), else the slug of its category. Journeys name groups by these slugs.
"""

from __future__ import annotations

# group -> (categories, fragments of product types); fragments alone choose across categories.
GROUPS: dict[str, tuple[tuple[str, ...], tuple[str, ...]]] = {
    "fuel": (("FUEL",), ("GASOLINE",)),
    "coffee_creamer": ((), ("CREAMER",)),
    "coffee_filters": (("COFFEE FILTERS",), ()),
    "coffee": (("COFFEE",), ()),
    "tea": (("TEAS",), ()),
    "cocoa": (("COCOA MIXES",), ()),
    "dog_treats": ((), ("DOG TREATS", "DOG BISCUITS")),
    "dog": (("DOG FOODS",), ()),
    "cat_litter": (("CAT LITTER",), ()),
    "cat": (("CAT FOOD",), ()),
    "pet_care": (("PET CARE SUPPLIES",), ()),
    "baby_wipes": ((), ("BABY WIPES",)),
    "baby_care": (("INFANT CARE PRODUCTS",), ()),
    "baby": (("DIAPERS & DISPOSABLES", "BABY FOODS", "BABYFOOD", "BABY HBC", "INFANT FORMULA"), ()),
    "baking_decorations": ((), ("FROSTING", "BITS & MORSELS", "CAKE DECORS", "MARSHMALLOWS")),
    "baking": (("BAKING MIXES", "BAKING NEEDS", "FLOUR & MEALS"), ()),
    "bakeware": (("COOKWARE & BAKEWARE", "DISPOSIBLE FOILWARE"), ()),
    "kitchen_gadgets": (("KITCHEN GADGETS",), ()),
    "grill": (("CHARCOAL AND LIGHTER FLUID", "PROPANE"), ()),
    "grill_sauces": ((), ("BBQ SAUCE", "STEAK & WORCHESTER")),
    "haircare": (("HAIR CARE PRODUCTS",), ()),
    "hair_accessories": (("HAIR CARE ACCESSORIES",), ()),
    "shaving": (("SHAVING CARE PRODUCTS",), ()),
    "skincare": (("HAND/BODY/FACIAL PRODUCTS", "BATH"), ()),
    "makeup": (("MAKEUP AND TREATMENT",), ()),
    "makeup_tools": (("COSMETIC ACCESSORIES",), ()),
    "candles": (("CANDLES/ACCESSORIES",), ()),
    "cheese": (("CHEESE", "CHEESES"), ()),
    "crackers": (("CRACKERS/MISC BKD FD",), ()),
    "dental": (("ORAL HYGIENE PRODUCTS",), ()),
    "detergent": (("LAUNDRY DETERGENTS",), ()),
    "laundry_care": (("LAUNDRY ADDITIVES", "IRONING AND CHEMICALS"), ()),
    "garden": (("GARDEN CENTER", "LAWN AND GARDEN SHOP"), ()),
    "flowers": (("FLORAL-FRESH CUT", "ROSES", "FLORAL-FLOWERING PLANTS", "BOUQUET (NON ROSE)"), ()),
    "batteries": (("BATTERIES",), ()),
    "toys": (("TOYS AND GAMES", "TOYS"), ()),
    "wine": (("DOMESTIC WINE", "IMPORTED WINE", "MISC WINE"), ()),
    "beer": (("BEERS/ALES",), ()),
    "spirits": (("LIQUOR",), ()),
    "tobacco": (("CIGARETTES", "TOBACCO OTHER", "CIGARS", "SMOKING CESSATIONS"), ()),
    "vouchers": (
        ("COUPON/MISC ITEMS", "COUPON", "COUPONS/STORE & MFG", "TICKETS", "BOTTLE DEPOSITS",
         "PREPAID WIRELESS&ACCESSORIES", "LONG DISTANCE CALLING CARDS", "CONTINUITIES",
         "PROD SUPPLIES", "DELI SUPPLIES", "MEAT SUPPLIES", "IN-STORE PHOTOFINISHING",
         "OVERNIGHT PHOTOFINISHING", "MISCELLANEOUS"), ()),
}  # fmt: skip

# Never offered: may not be advertised (Norwegian law on alcohol and tobacco), or is no product.
NOT_OFFERED = ("fuel", "wine", "beer", "spirits", "tobacco", "vouchers", "newspaper", "magazine")

# from group -> accessory groups, the most useful first.
ACCESSORIES: dict[str, tuple[str, ...]] = {
    "coffee": ("coffee_filters", "coffee_creamer", "sugars_sweetners", "cookies_cones"),
    "tea": ("sugars_sweetners", "cookies_cones"),
    "dog": ("dog_treats", "pet_care"),
    "cat": ("cat_litter", "pet_care"),
    "baby": ("baby_wipes", "baby_care"),
    "baking": ("baking_decorations", "bakeware", "kitchen_gadgets"),
    "grill": ("grill_sauces", "kitchen_gadgets", "hot_dogs"),
    "haircare": ("hair_accessories",),
    "shaving": ("skincare",),
    "makeup": ("makeup_tools", "skincare"),
    "cheese": ("crackers",),
    "detergent": ("laundry_care",),
}

# A customer buys these again about every so many days.
REPLENISH_AFTER_DAYS = {
    "coffee": 28, "tea": 45, "dog": 30, "cat": 21, "cat_litter": 30, "baby": 14, "baby_wipes": 21,
    "haircare": 60, "shaving": 60, "dental": 60, "detergent": 45, "skincare": 75,
}  # fmt: skip

# Words of the source's register that customers should not have to read.
PLAIN_WORDS = {
    "frzn": "frozen", "refrig": "chilled", "refrigerated": "chilled", "sft": "soft", "drnk": "drink",
    "drnks": "drinks", "drnking": "drinking", "btl": "bottle", "mlt": "multi", "pk": "pack",
    "snglsrv": "single", "sngl": "single", "srv": "serve", "ss": "single serve", "veg": "vegetable",
    "cand": "candy", "chix": "chicken", "catfd": "cat food", "dogfd": "dog food", "can": "canned",
    "cnd": "canned", "whl": "whole", "catsup": "ketchup", "seasonal": "seasonal", "choccolate": "chocolate",
    "chococlate": "chocolate", "fem": "feminine", "hygn": "hygiene", "entrees": "ready meals",
    "dnrs": "dinners", "dnr": "dinner", "grnd": "ground", "brd": "breaded", "iws": "wrapped",
    "specilaty": "specialty", "mexican": "Mexican", "italian": "Italian", "french": "French",
    "worchester": "Worcester", "malt": "malt", "swt": "sweet", "gds": "goods", "sw": "sweet",
    "plstc": "plastic", "ctlrytblclthsttpksst": "tableware", "prep": "prepared", "fd": "food",
    "catfood": "cat food", "rts": "ready", "et": "etc", "mnral": "mineral", "minrl": "mineral",
    "multi-packs": "multipack", "packs": "packs", "carb": "carbonated", "sup": "super", "prem": "premium",
}  # fmt: skip
DROPPED_WORDS = (
    "all", "incl", "excp", "ex", "n", "t", "br", "o", "misc", "miscellaneous", "not", "bulk", "rw",
    "xx", "brands", "iqf",
)  # fmt: skip
