"""The few things that go wrong at every retailer: faulty rows and a file delivered twice.

Each fault is a small extra file of a delivery, so that rejects are visible in the demo and every one
can be explained. Nothing here makes a whole delivery unusable.
"""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

from assets.demo.source import Calendar

# (dataset, run day counted from the first, file name, text)
FAULTS: tuple[tuple[str, int, str, str], ...] = (
    (
        "club/members", 1, "manual_entry.csv",
        "member_id,email,phone,first_name,last_name,country,joined_at,updated_at,shoe_size\n"
        ",uten.nummer@epost.example,,Uten,Nummer,NO,{day}T10:00:00Z,{day}T10:00:00Z,42\n"
        "M9990001,ikke-en-adresse,,Odd,Adresse,NO,{day}T10:05:00Z,{day}T10:05:00Z,39\n"
        "M9990002,smil@epost.example,+4790000002,Smil 😀,Fjes,NO,{day}T10:06:00Z,{day}T10:06:00Z,\n",
    ),
    (
        "club/members", 6, "manual_entry.csv",
        "member_id,email,phone,first_name,last_name,country,joined_at,updated_at\n"
        "M9990003,fremtid@epost.example,,Frem,Tid,NO,2031-01-01T00:00:00Z,2031-01-01T00:00:00Z\n",
    ),
    (
        "webshop/orders", 2, "repaired.ndjson",
        '{{"order_id":"W9990001","email":"ny@epost.example","placed_at":"2031-05-17T10:00:00Z",'
        '"status":"paid","currency":"NOK","total_amount":199.00,"updated_at":"2031-05-17T10:00:00Z"}}\n'
        '{{"order_id":"W9990002","email":"ny@epost.example","placed_at":"{day}T09:00:00Z",'
        '"status":"teleported","currency":"NOK","total_amount":99.00,"updated_at":"{day}T09:00:00Z"}}\n',
    ),
    (
        "webshop/order_lines", 2, "repaired.ndjson",
        '{{"order_id":"W9990001","line_number":1,"product_id":null,"quantity":1,"unit_price":199.00,'
        '"discount_amount":0,"line_amount":199.00}}\n',
    ),
    (
        "pos/receipt_lines", 4, "till_17.csv",
        "receipt_id,line_number,product_id,quantity,unit_price,discount_amount,line_amount\n"
        "R9990001,1,1000050,many,29.90,0.00,29.90\n",
    ),
    (
        "catalogue/products", 3, "supplier.csv",
        "id,title,availability,price,product_type,product_group,updated_at,colour_of_lid\n"
        "99900001,,in_stock,49.00 NOK,Grocery > Coffee,coffee,{day}T01:00:00Z,red\n"
        "99900002,Lyskilde coffee 250 g,in_stock,kr 49,Grocery > Coffee,coffee,{day}T01:00:00Z,blue\n",
    ),
    (
        "consent/events", 5, "import.ndjson",
        '{{"event_id":"E9990001","occurred_at":"{day}T08:00:00Z","address":"hei@epost.example",'
        '"channel":"fax","purpose":"marketing","action":"granted","source":"import"}}\n',
    ),
)  # fmt: skip
# Who the accepted rows among them are: (source, record, person).
FAULT_TRUTH = (("club", "M9990001", "x1"), ("club", "M9990002", "x2"))
# (dataset, run day whose file comes again the day after)
REPEATED = (("logistics/deliveries", 4), ("consent/events", 7))


def write_faults(landing: Path, calendar: Calendar) -> list[Path]:
    """Add the faults that fall on the demo's run days."""
    written = []
    for dataset, nth, name, text in FAULTS:
        day = calendar.first_run_date + timedelta(days=nth)
        if day <= calendar.today:
            path = landing / dataset / day.isoformat() / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text.format(day=(day - timedelta(days=1)).isoformat()))
            written.append(path)
    for dataset, nth in REPEATED:
        day = calendar.first_run_date + timedelta(days=nth)
        if day < calendar.today:
            for original in sorted((landing / dataset / day.isoformat()).iterdir()):
                again = landing / dataset / (day + timedelta(days=1)).isoformat()
                again.mkdir(parents=True, exist_ok=True)
                copy = again / f"resent_{original.name}"
                copy.write_bytes(original.read_bytes())
                written.append(copy)
    return written
