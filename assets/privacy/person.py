"""What must be forgotten: every key, address and spelling under which erased people are known. Changes nothing.

An address that somebody else has too is theirs as well: it is not searched for, only goes with the erased person's own
rows, and is not put on the suppression list, where it would stop what the other one asked for. Records are on the list
by their own names, so that whoever has nothing but such an address is recognised as well.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields
from datetime import date
from typing import Any

import duckdb

from assets.identity import phones
from assets.privacy.by_hand import named_by_hand
from assets.privacy.former import guests_of, other_versions, raw_rows
from assets.privacy.numbers import phones_of
from assets.privacy.returns import RECORD, Erased, leftovers, returned_records
from assets.queries import records
from orchestration.settings import Settings

_EMAILS = ("email", "delivered_email")
_PHONES = ("phone", "delivered_phone")

_RECORDS = """
    select records.record_id, records.source, records.source_id, records.member_id, records.email, records.phone,
        records.delivered_email, records.delivered_phone, persons.customer_id
    from intermediate.int_identity__records as records
    join intermediate.int_identity__persons as persons using (record_id)
"""


@dataclass(frozen=True, slots=True)
class Forgotten:
    """Everything by which erased people can be found. Phones are digits, with and without calling code."""

    customer_ids: frozenset[str] = frozenset()
    record_ids: frozenset[str] = frozenset()
    member_ids: frozenset[str] = frozenset()
    account_ids: frozenset[str] = frozenset()
    pos_customer_ids: frozenset[str] = frozenset()
    order_ids: frozenset[str] = frozenset()
    anonymous_ids: frozenset[str] = frozenset()
    request_ids: frozenset[str] = frozenset()
    # Consents of theirs under an address that is somebody else's now.
    consent_ids: frozenset[str] = frozenset()
    emails: frozenset[str] = frozenset()
    phones: frozenset[str] = frozenset()
    # Hashes for the suppression list: (channel, address as it would be written to), or (RECORD, record_id).
    addresses: frozenset[tuple[str, str]] = frozenset()
    # Of the customers those who asked and whom no erasure had reached before.
    new_customer_ids: frozenset[str] = frozenset()

    def __bool__(self) -> bool:
        return any(getattr(self, each.name) for each in fields(self))


def email_of(text: str | None) -> str | None:
    return text.strip().lower() or None if text else None


def find_forgotten(
    settings: Settings, run_date: date, erased: Erased, named: Mapping[str, str | None] | None = None
) -> Forgotten:
    """Who asked to be erased by `run_date`, or is delivered again after having been erased.

    `erased` are the keyed hashes of everybody erased before: a source that still delivers them is corrected again and
    again until it stops. `named` (email, phone, member_id) adds somebody by hand.
    """
    if not settings.warehouse_path.exists():
        return Forgotten()
    requests = _requests(settings, run_date)
    by_hand = {name: value.strip() for name, value in (named or {}).items() if value and value.strip()}
    with duckdb.connect(str(settings.warehouse_path), read_only=True) as connection:
        asked = _asked(connection) | named_by_hand(connection, by_hand, settings, run_date)
        returned = returned_records(connection, settings, erased) if erased else frozenset()
        orphaned, consent_ids = leftovers(connection, settings, erased) if erased else ([], frozenset())
        if not (asked or requests or by_hand or returned or orphaned or consent_ids):
            return Forgotten()
        customers = asked | guests_of(connection, settings, asked) | _wholly(connection, returned)
        listed = [sorted(customers)]
        is_own = "list_contains($1, persons.customer_id) or list_contains($2, record_id)"
        own = records(connection, f"{_RECORDS} where {is_own}", [*listed, sorted(returned)])
        past = connection.execute(
            "select past_customer_id from intermediate.int_identity__aliases where list_contains(?, customer_id)",
            listed,
        ).fetchall()
        browsers = connection.execute(
            "select anonymous_id from intermediate.int_identity__anonymous_ids group by anonymous_id "
            "having bool_and(list_contains(?, customer_id))",
            listed,
        ).fetchall()
        known = [*own, *requests, *([by_hand] if by_hand else []), *orphaned, *other_versions(settings, own)]
        emails = {email for row in known for name in _EMAILS if (email := email_of(row.get(name)))}
        written = {text for row in known for name in _PHONES if (text := row.get(name))}
        written |= {form for text in written for form in phones.normal_forms(text, [settings.country])}
        numbers = {number for text in written for number in phones_of(text)}
        shared = records(
            connection,
            f"{_RECORDS} where not ({is_own}) and (list_contains($3, records.email) "
            "or list_contains($4, ltrim(regexp_replace(records.phone, '[^0-9]', '', 'g'), '0')) "
            # Without its calling code a number of one country is often somebody else's of another.
            "or list_contains($4, ltrim(regexp_replace(records.delivered_phone, '[^0-9]', '', 'g'), '0')) "
            "or list_contains($5, upper(records.member_id)))",
            [*listed, sorted(returned), sorted(emails), sorted(numbers), sorted(_member_ids(known))],
        )
    addresses = {("email", email) for email in emails} | _addresses(known, settings.country)
    addresses -= {("email", row["email"]) for row in shared} | _addresses(shared, settings.country)
    addresses |= {(RECORD, row["record_id"]) for row in own}
    for row in shared:
        emails.discard(row["email"] or "")
        numbers -= phones_of(row["phone"]) | phones_of(row["delivered_phone"])

    def of_source(source: str) -> frozenset[str]:
        return frozenset(row["source_id"] for row in own if row["source"] == source)

    return Forgotten(
        customer_ids=frozenset({*customers, *(row[0] for row in past)}),
        record_ids=frozenset(row["record_id"] for row in own),
        member_ids=of_source("club") | (_member_ids(known) - _member_ids(shared)),
        account_ids=of_source("webshop"),
        pos_customer_ids=of_source("pos"),
        order_ids=of_source("webshop_order"),
        anonymous_ids=frozenset(row[0] for row in browsers),
        request_ids=frozenset(row["request_id"] for row in requests),
        consent_ids=consent_ids,
        emails=frozenset(emails),
        phones=frozenset(numbers),
        addresses=frozenset(addresses),
        # A run that died and is repeated finds those whom it reached by their hashes.
        new_customer_ids=frozenset(asked - {row["customer_id"] for row in own if row["record_id"] in returned}),
    )


def _asked(connection: duckdb.DuckDBPyConnection) -> set[str]:
    rows = connection.execute("select customer_id from intermediate.int_customers__erased").fetchall()
    return {row[0] for row in rows}


def _wholly(connection: duckdb.DuckDBPyConnection, record_ids: frozenset[str]) -> set[str]:
    """Customers of whom nothing is known but these records: who has begun anew beside them is somebody."""
    rows = connection.execute(
        "select customer_id from intermediate.int_identity__persons group by customer_id "
        "having bool_and(list_contains(?, record_id))",
        [sorted(record_ids)],
    ).fetchall()
    return {row[0] for row in rows}


def _requests(settings: Settings, run_date: date) -> list[dict[str, Any]]:
    """Requests as delivered, also of people whom nobody knows: their address must not stay either."""
    return raw_rows(
        settings.raw_dir / "privacy" / "erasures",
        "trim(request_id) as request_id, email, phone, trim(member_id) as member_id",
        "received_on <= ?",
        [run_date],
    )


def _member_ids(rows: list[dict[str, Any]]) -> set[str]:
    return {row["member_id"].upper() for row in rows if row.get("member_id")}


def _addresses(rows: list[dict[str, Any]], country: str) -> set[tuple[str, str]]:
    """What a person is known by on the suppression list, but for e-mail, whose forms are settled before."""
    numbers = {("sms", number) for row in rows for number in phones.normal_forms(row.get("phone"), [country])}
    return numbers | {("member_id", member_id) for member_id in _member_ids(rows)}
