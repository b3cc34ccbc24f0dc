"""Word lists that people, addresses and companies are made of. Data only.

All domains end in `.example`, which is reserved and can never be delivered to.
"""

from __future__ import annotations

# Tables of words read better in rows than one word a line.
# fmt: off

FIRST_NAMES: dict[str, tuple[str, ...]] = {
    "NO": (
        "Anne", "Inger", "Kari", "Marit", "Liv", "Ingrid", "Astrid", "Berit", "Randi", "Solveig", "Hilde",
        "Kristin", "Bente", "Heidi", "Silje", "Camilla", "Ida", "Nora", "Emma", "Sofie", "Thea", "Maja",
        "Sara", "Julie", "Hanna", "Marte", "Ragnhild", "Tone", "Gunn", "Synnøve", "Åse", "Turid", "Jorunn",
        "Jan", "Per", "Bjørn", "Ole", "Lars", "Kjell", "Knut", "Arne", "Svein", "Thomas", "Geir", "Tor",
        "Morten", "Martin", "Erik", "Anders", "Kristian", "Andreas", "Jonas", "Henrik", "Magnus", "Sindre",
        "Håkon", "Øyvind", "Espen", "Trond", "Stian", "Eirik", "Sverre", "Pål", "Oskar", "Jakob", "Emil",
        "Filip", "William", "Håvard", "Jørgen", "Steinar", "Amir", "Fatima", "Aisha", "Mohammed", "Mateusz",
        "Agnieszka", "Máret", "Áilu",
    ),
    "SE": (
        "Anna", "Eva", "Maria", "Karin", "Lena", "Kerstin", "Elsa", "Alva", "Linnéa", "Ebba", "Wilma",
        "Lars", "Anders", "Johan", "Erik", "Karl", "Nils", "Gustav", "Oscar", "Viktor", "Åke", "Göran",
        "Malin", "Sofia", "Jenny", "Björn", "Märta",
    ),
    "DK": (
        "Anne", "Mette", "Kirsten", "Hanne", "Helle", "Susanne", "Lone", "Freja", "Clara", "Karla", "Peter",
        "Jens", "Michael", "Søren", "Christian", "Mads", "Frederik", "Rasmus", "Nikolaj", "Jørgen", "Bodil",
        "Signe", "Åge",
    ),
    "FI": (
        "Anneli", "Maria", "Helena", "Kaarina", "Aino", "Sofia", "Eevi", "Juhani", "Mikael", "Matti",
        "Olavi", "Eero", "Väinö", "Onni", "Päivi", "Hanna", "Jukka", "Timo", "Kirsi", "Tuula",
    ),
    "EN": (
        "Emily", "Olivia", "Grace", "Sarah", "Rachel", "James", "Oliver", "Thomas", "Daniel", "Andrew",
        "Priya", "Ravi", "Siobhan", "Ewan", "Hannah", "Joshua", "Zoë", "Liam", "Chloe", "Benjamin",
    ),
}

LAST_NAMES: dict[str, tuple[str, ...]] = {
    "NO": (
        "Hansen", "Johansen", "Olsen", "Larsen", "Andersen", "Pedersen", "Nilsen", "Kristiansen", "Jensen",
        "Karlsen", "Johnsen", "Pettersen", "Eriksen", "Berg", "Haugen", "Hagen", "Johannessen",
        "Andreassen", "Jacobsen", "Dahl", "Jørgensen", "Halvorsen", "Henriksen", "Lund", "Sørensen",
        "Jakobsen", "Moen", "Gundersen", "Iversen", "Strand", "Solberg", "Svendsen", "Eide", "Knutsen",
        "Martinsen", "Bakken", "Kristoffersen", "Mathisen", "Lie", "Amundsen", "Nguyen", "Rasmussen", "Ali",
        "Lunde", "Solheim", "Berge", "Nygård", "Bakke", "Fredriksen", "Holm", "Lien", "Hauge",
        "Christensen", "Andresen", "Nordby", "Bråten", "Tangen", "Aas", "Øverland", "Sæther", "Myhre",
        "Ødegård", "Vik", "Fossum", "Rønning", "Brekke", "Kvam", "Hovland", "Skog", "Sandvik", "Khan",
        "Kowalski", "Somby", "Utsi",
    ),
    "SE": (
        "Andersson", "Johansson", "Karlsson", "Nilsson", "Eriksson", "Larsson", "Olsson", "Persson",
        "Svensson", "Gustafsson", "Lindberg", "Lindqvist", "Sjöberg", "Åkesson", "Björk", "Holmström",
        "Öberg", "Nyström",
    ),
    "DK": (
        "Nielsen", "Jensen", "Hansen", "Pedersen", "Andersen", "Christensen", "Larsen", "Sørensen",
        "Rasmussen", "Jørgensen", "Madsen", "Kristensen", "Møller", "Østergaard", "Kjær", "Nørgaard", "Holm",
    ),
    "FI": (
        "Korhonen", "Virtanen", "Mäkinen", "Nieminen", "Mäkelä", "Hämäläinen", "Laine", "Heikkinen",
        "Koskinen", "Järvinen", "Lehtonen", "Salminen", "Lindholm", "Åström",
    ),
    "EN": (
        "Smith", "Taylor", "Brown", "Wilson", "Evans", "Thomas", "Roberts", "Walker", "Wright", "Robinson",
        "Hughes", "Murphy", "O'Connor", "Campbell", "Stewart", "Patel", "Sharma", "Macleod",
    ),
}

STREETS: dict[str, tuple[str, ...]] = {
    "NO": (
        "Storgata", "Kirkeveien", "Bjørkeveien", "Solbakken", "Skogveien", "Fjellveien", "Strandgata",
        "Granveien", "Furuveien", "Lyngveien", "Åsveien", "Elveveien", "Industriveien", "Parkveien",
        "Skolegata", "Bekkeveien", "Nygata", "Kongens gate", "Dronningens gate", "Øvre Torggate",
        "Havnegata", "Tverrveien", "Myrveien", "Rosenveien", "Idrettsveien", "Stasjonsveien",
        "Ringveien", "Sjøgata", "Bakkegata", "Lindeveien",
    ),
    "SE": ("Storgatan", "Drottninggatan", "Kungsgatan", "Skolvägen", "Björkvägen", "Ängsvägen"),
    "DK": ("Algade", "Nørregade", "Vestergade", "Skovvej", "Strandvejen", "Kirkevej"),
    "FI": ("Kauppakatu", "Asemakatu", "Rantatie", "Koulukatu", "Mäkitie"),
}

# (postal code, city); several codes of the large cities, so that cities have realistic weights.
PLACES: dict[str, tuple[tuple[str, str], ...]] = {
    "NO": (
        ("0150", "Oslo"), ("0253", "Oslo"), ("0368", "Oslo"), ("0475", "Oslo"), ("0562", "Oslo"),
        ("0655", "Oslo"), ("0772", "Oslo"), ("0860", "Oslo"), ("1177", "Oslo"), ("1281", "Oslo"),
        ("1338", "Sandvika"), ("1400", "Ski"), ("1530", "Moss"), ("1606", "Fredrikstad"),
        ("1706", "Sarpsborg"), ("2003", "Lillestrøm"), ("2317", "Hamar"), ("2609", "Lillehammer"),
        ("3015", "Drammen"), ("3111", "Tønsberg"), ("3210", "Sandefjord"), ("3717", "Skien"),
        ("4006", "Stavanger"), ("4017", "Stavanger"), ("4307", "Sandnes"), ("4612", "Kristiansand"),
        ("5003", "Bergen"), ("5054", "Bergen"), ("5143", "Fyllingsdalen"), ("6003", "Ålesund"),
        ("6413", "Molde"), ("7010", "Trondheim"), ("7030", "Trondheim"), ("8006", "Bodø"),
        ("9008", "Tromsø"), ("9510", "Alta"), ("9730", "Karasjok"),
    ),
    "SE": (
        ("11122", "Stockholm"), ("41103", "Göteborg"), ("21119", "Malmö"), ("65224", "Karlstad"),
        ("45230", "Strömstad"), ("83131", "Östersund"),
    ),
    "DK": (
        ("1050", "København"), ("8000", "Aarhus"), ("5000", "Odense"), ("9000", "Aalborg"),
        ("9850", "Hirtshals"),
    ),
    "FI": (("00100", "Helsinki"), ("20100", "Turku"), ("33100", "Tampere"), ("65100", "Vaasa")),
}

MAIL_DOMAINS = (
    "epost.example", "post.example", "mail.example", "nettpost.example", "hjemme.example",
    "bredband.example", "familie.example", "online.example",
)

# Typed by staff when a customer gives no address: many people, one "address".
PLACEHOLDER_EMAILS = ("ingen@epost.example", "kunde@butikk.example", "test@test.example")

# Mobile prefixes that are in use, and how many digits follow them (the first of these is never 0).
MOBILE_PREFIXES: dict[str, tuple[tuple[str, int], ...]] = {
    "NO": tuple((prefix, 6) for prefix in "40 41 46 47 48 90 91 92 93 94 95 97 98 99".split()),  # noqa: SIM905
    "SE": tuple((prefix, 7) for prefix in ["70", "72", "73", "76", "79"]),
    "DK": tuple((prefix, 6) for prefix in "20 21 22 23 24 25 26 28 29 30 40 50 51 60 61".split()),  # noqa: SIM905
    "FI": tuple((prefix, 7) for prefix in ["40", "44", "45", "50"]),
}
CALLING_CODES = {"NO": "47", "SE": "46", "DK": "45", "FI": "358"}

COMPANY_KINDS = (
    "Rør", "Bygg", "Catering", "Barnehage", "Regnskap", "Frisør", "Kafé", "Bilverksted", "Elektro",
    "Transport", "Hotell", "Treningssenter", "Kontorservice", "Renhold", "Gartneri",
)
