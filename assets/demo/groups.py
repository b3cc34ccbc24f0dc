"""The retailer's curated product groups and what belongs together. Data only.

A product's group is the first entry whose categories hold its category (or whose types match its
type), else the slug of its category. Journeys name groups by these slugs.
"""

from __future__ import annotations

# Tables of words read better in rows than one word a line.
# fmt: off

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
}

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
}

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
}
# Types whose register text cannot be read at all, or reads wrong word by word.
TYPE_NAMES = {
    "FLUID MILK WHITE ONLY": "milk", "MISCELLANEOUS MILK": "milk drink",
    "YOGURT NOT MULTI-PACKS": "yogurt", "YOGURT MULTI-PACKS": "yogurt multipack",
    "MAINSTREAM WHITE BREAD": "white bread", "MAINSTREAM WHEAT/MULTIGRAIN BR": "multigrain bread",
    "PREMIUM BREAD": "premium bread", "DIET/LIGHT BREAD": "light bread",
    "SOFT DRINKS 12/18&15PK CAN CAR": "soft drinks, cans", "BEERALEMALT LIQUORS": "beer",
    "SFT DRNK 2 LITER BTL CARB INCL": "soft drink, large bottle",
    "SFT DRNK SNGL SRV BTL CARB (EX": "soft drink, bottle",
    "SFT DRNK MLT-PK BTL CARB (EXCP": "soft drink, bottles",
    "SOFT DRINKS 20PK&24PK CAN CARB": "soft drinks, tray of cans",
    "SOFT DRINKS 6PK/4PK CAN CARB (": "soft drinks, small cans",
    "SS ECONOMY ENTREES/DINNERS ALL": "frozen ready meal",
    "FRZN SS PREMIUM ENTREES/DNRS/N": "frozen premium ready meal",
    "FRZN SS PREMIUM ENTREES/DNRS/T": "frozen premium dinner",
    "FRZN MULTI SERVE ENTREES ALL": "frozen family meal", "ENTREES": "ready meal",
    "KIDS CEREAL": "children's cereal", "ALL FAMILY CEREAL": "family cereal",
    "ADULT CEREAL": "wholegrain cereal", "DAIRY CASE 100% PURE JUICE - O": "chilled orange juice",
    "DAIRY CASE JUICE DRNK UNDER 10": "chilled juice drink",
    "DAIRY CASE FRUIT DRINKS (NO JU": "chilled fruit drink",
    "DAIRY CASE TEA WITH SUGAR OR S": "chilled sweet tea",
    "DAIRY CASE CITRUS PNCH/OJ SUBS": "chilled citrus punch",
    "ASEPTIC PACK JUICE AND DRINKS": "juice cartons", "RTS SOUP: CHUNKY/HOMESTYLE ET": "chunky soup",
    "NON-CRBNTD DRNKING/MNERAL WATE": "mineral water", "NON-CARB FLVRD DRNKNG/MNRL WAT": "flavoured water",
    "NON-CARB WATER FLVR - DRNK/MNR": "flavoured water", "SGL SV/VEND MACH SNACKS CHIP/P": "small bag of snacks",
    "NATURAL CHEESE EXACT WT CHUNKS": "cheese, piece", "NATURAL CHEESE EXACT WT SLICES": "cheese, slices",
    "IWS SINGLE CHEESE": "cheese slices", "MISCELLANEOUS CHEESE": "cheese",
    "CHEESE: NATURAL BULK": "cheese from the counter", "CHEESE: PROCESSED BULK": "sandwich cheese",
    "MEAT: TURKEY BULK": "sliced turkey", "MEAT:HAM BULK": "sliced ham", "MEAT: BEEF BULK": "sliced beef",
    "MEAT: LUNCHMEAT BULK": "cold cuts", "MEAT: SAUS DRY BULK": "dry sausage",
    "EGGS - X-LARGE": "extra large eggs", "EGGS - LARGE": "large eggs", "EGGS - MEDIUM": "medium eggs",
    "BEANS GREEN: FS/WHL/CUT": "green beans", "MEXICAN SAUCESSALSAPICANTEE": "salsa",
    "SEMI-SOLID SALAD DRESSING MAY": "mayonnaise", "TOMATOES: STEWED/DICED/CRMD": "diced tomatoes",
    "MARGARINE: TUBS AND BOWLS": "margarine", "CAN DOG FOOD (SKIPPY/PEDIGREE/": "dog food, can",
    "CANNED CAT FOOD (9 LIVES/FRISK": "cat food, can", "CAN CATFD GOURMET/SUP PREM (GR": "premium cat food, can",
    "CAN DOGFD GOURMET/SUPER PREM (": "premium dog food, can", "BABY FOOD - BEGINNER": "first baby food",
    "BABY FOOD JUNIOR ALL BRANDS": "junior baby food", "TEA BAGS & BULK TEA": "tea bags",
    "NON DAIRY CREAMER: DRY": "coffee creamer", "REFRIGERATED COFFEE CREAMERS": "chilled coffee creamer",
    "BITS & MORSELS": "chocolate chips", "SAUCE MIXES GRAVY MIXES DRY": "gravy mix",
    "PREP FD: SIDE DISHES (HOT)": "hot side dish", "SW GDS:DONUTS": "doughnuts",
    "SWEET GOODS - FULL SIZE": "coffee cake", "SW GDS: SW ROLLS/DAN": "sweet rolls",
    "PLSTC CTLRYTBLCLTHSTTHPKSST": "party tableware", "FRZN BREADED PREPARED CHICK": "frozen breaded chicken",
    "FACIAL TISSUE & PAPER HANDKE": "facial tissues", "GARBAGE KITCHEN COMPACTOR BA": "bin bags",
    "MALTED MLK/SYRUP/PWDRS (EGGNOG": "cocoa powder and syrup", "VAC PAC NUTS(CANS)": "nuts, can",
    "FRZN BREAKFAST ENTREES/SANDWIC": "frozen breakfast sandwich", "SAL:SALSA/DPS-PRPCK": "fresh salsa",
    "COUGH SYRP/LOZNG-DRP/XPCTRNT": "cough drops", "STICKS/ENROBED": "ice cream on a stick",
    "SOUP CRACKERS (SALTINE/OYSTER)": "salted crackers", "PAPER TOWELS & HOLDERS": "paper towels",
}
DEPARTMENT_NAMES = {
    "DRUG GM": "Home and health", "MEAT-PCKGD": "Packaged meat", "SEAFOOD-PCKGD": "Packaged seafood",
    "NUTRITION": "Health food", "CHEF SHOPPE": "Chef's counter", "PASTRY": "Bakery",
    "MISCELLANEOUS": "Other", "GM MERCH EXP": "Other", "CNTRL/STORE SUP": "Store supplies",
    "CHARITABLE CONT": "Charity", "ELECT &PLUMBING": "Electrical and plumbing",
    "PROD-WHS SALES": "Other",
}
DROPPED_WORDS = (
    "all", "incl", "excp", "ex", "n", "t", "br", "o", "misc", "miscellaneous", "not", "bulk", "rw",
    "xx", "brands", "iqf",
)
