"""What must be forgotten: every key, address and spelling under which erased people are known. Changes nothing.

An address that somebody else has too is theirs as well: it is not searched for, only goes with the erased person's own
rows, and is not put on the suppression list, where the next run would take the other one for somebody who came back.
Whoever has such an address is recognised by the names of their records instead.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, fields
from datetime import date
from pathlib import Path
from typing import Any

import duckdb

from assets.identity import phones
from assets.messaging import keys
from assets.queries import records
from orchestration.settings import Settings

CALLING_CODES = ("47", "46", "45", "358")

_RECORD = "record"
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
    emails: frozenset[str] = frozenset()
    phones: frozenset[str] = frozenset()
    # Hashes for the suppression list: (channel, address as it would be written to), or (_RECORD, record_id).
    addresses: frozenset[tuple[str, str]] = frozenset()

    def __bool__(self) -> bool:
        return any(getattr(self, each.name) for each in fields(self))


def email_of(text: str | None) -> str | None:
    return text.strip().lower() or None if text else None


def phones_of(text: str | None) -> set[str]:
    """All ways in which a number may be written, as digits: with its calling code, with 47(0), and without."""
    digits = re.sub(r"\D", "", (text or "").replace("(0)", "")).lstrip("0")
    if len(digits) < 6:
        return set()
    national = {digits.removeprefix(code).lstrip("0") for code in CALLING_CODES if digits.startswith(code)}
    national.add(phones.national_digits(f"+{digits}") or "")
    with_trunk = {f"{digits.removesuffix(each)}0{each}" for each in national if each and digits.endswith(each)}
    return {digits, *with_trunk, *(each for each in national if len(each) >= 7)}


def find_forgotten(
    settings: Settings,
    run_date: date,
    erased_keys: frozenset[tuple[str, str]],
    named: Mapping[str, str | None] | None = None,
) -> Forgotten:
    """Who asked to be erased by `run_date`, or has come back under an address of the suppression list.

    `erased_keys` are the (channel, keyed hash) of everybody erased before: a source that still delivers them is
    corrected again and again until it stops. `named` (email, phone, member_id) adds somebody by hand.
    """
    requests = _requests(settings, run_date)
    by_hand = {name: value.strip() for name, value in (named or {}).items() if value}
    requests += [by_hand] if by_hand else []
    if not settings.warehouse_path.exists():
        return Forgotten()
    with duckdb.connect(str(settings.warehouse_path), read_only=True) as connection:
        asked = connection.execute("select customer_id from intermediate.int_customers__erased").fetchall()
        customers = {row[0] for row in asked}
        customers |= _named(connection, by_hand, settings.country)
        customers |= _returned(connection, settings, erased_keys) if erased_keys else set()
        if not (customers or requests):
            return Forgotten()
        listed = [sorted(customers)]
        own = records(connection, _RECORDS + "where list_contains(?, persons.customer_id)", listed)
        past = connection.execute(
            "select past_customer_id from intermediate.int_identity__aliases where list_contains(?, customer_id)",
            listed,
        ).fetchall()
        browsers = connection.execute(
            "select anonymous_id from intermediate.int_identity__anonymous_ids group by anonymous_id "
            "having bool_and(list_contains(?, customer_id))",
            listed,
        ).fetchall()
        known = [*own, *requests, *_other_versions(settings, own)]
        emails = {email for row in known for name in _EMAILS if (email := email_of(row.get(name)))}
        written = {text for row in known for name in _PHONES if (text := row.get(name))}
        written |= {form for text in written for form in _normal_forms(text, settings.country)}
        numbers = {number for text in written for number in phones_of(text)}
        shared = records(
            connection,
            _RECORDS + "where not list_contains($1, persons.customer_id) and (list_contains($2, records.email) "
            "or list_contains($3, ltrim(regexp_replace(records.phone, '[^0-9]', '', 'g'), '0')) "
            # Without its calling code a number of one country is often somebody else's of another.
            "or list_contains($3, ltrim(regexp_replace(records.delivered_phone, '[^0-9]', '', 'g'), '0')) "
            "or list_contains($4, upper(records.member_id)))",
            [*listed, sorted(emails), sorted(numbers), sorted(_member_ids(known))],
        )
    addresses = {("email", email) for email in emails} | _addresses(known, settings.country)
    of_others = {("email", row["email"]) for row in shared} | _addresses(shared, settings.country)
    if addresses & of_others:
        addresses = addresses - of_others | {(_RECORD, row["record_id"]) for row in own}
    for row in shared:
        emails.discard(row["email"] or "")
        numbers -= phones_of(row["phone"]) | phones_of(row["delivered_phone"])

    def of_source(source: str) -> frozenset[str]:
        return frozenset(row["source_id"] for row in own if row["source"] == source)

    return Forgotten(
        customer_ids=frozenset({*customers, *(row[0] for row in past)}),
        record_ids=frozenset(row["record_id"] for row in own),
        member_ids=of_source("club") | _member_ids(known),
        account_ids=of_source("webshop"),
        pos_customer_ids=of_source("pos"),
        order_ids=of_source("webshop_order"),
        anonymous_ids=frozenset(row[0] for row in browsers),
        emails=frozenset(emails),
        phones=frozenset(numbers),
        addresses=frozenset(addresses),
    )


def _requests(settings: Settings, run_date: date) -> list[dict[str, Any]]:
    """Requests as delivered, also of people whom nobody knows: their address must not stay either."""
    return _rows(
        settings.raw_dir / "privacy" / "erasures",
        "email, phone, trim(member_id) as member_id",
        "received_on <= ?",
        [run_date],
    )


def _other_versions(settings: Settings, own: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Addresses of earlier versions of their records, and what they wrote on their orders."""
    found: list[dict[str, Any]] = []
    for source, dataset, key, of in (
        ("club", "members", "member_id", "club"),
        ("webshop", "accounts", "account_id", "webshop"),
        ("webshop", "orders", "account_id", "webshop"),
        ("pos", "customers", "pos_customer_id", "pos"),
    ):
        ids = sorted({row["source_id"] for row in own if row["source"] == of})
        if ids:
            condition = f"list_contains(?, trim({key}))"
            found += _rows(settings.raw_dir / source / dataset, "email, phone", condition, [ids])
    return found


def _rows(folder: Path, columns: str, condition: str, values: list[Any]) -> list[dict[str, Any]]:
    files = sorted(str(path) for path in folder.glob("*.parquet"))
    if not files:
        return []
    with duckdb.connect() as connection:
        query = f"select distinct {columns} from read_parquet(?, union_by_name = true) where {condition}"
        return records(connection, query, [files, *values])


def _normal_forms(phone: str | None, country: str) -> frozenset[str]:
    """As the outbox knows it. What starts with a calling code may be valid by SQL's rules alone."""
    digits = re.sub(r"\D", "", phone or "")
    as_it_is = {f"+{digits}"} if (phone or "").startswith("+") else set()
    return phones.numbers_meant(phone, [country]) | as_it_is


def _member_ids(rows: list[dict[str, Any]]) -> set[str]:
    return {row["member_id"].upper() for row in rows if row.get("member_id")}


def _addresses(rows: list[dict[str, Any]], country: str) -> set[tuple[str, str]]:
    """What a person is known by on the suppression list, but for e-mail, whose forms are settled before."""
    numbers = {("sms", number) for row in rows for number in _normal_forms(row.get("phone"), country)}
    return numbers | {("member_id", member_id) for member_id in _member_ids(rows)}


def _named(connection: duckdb.DuckDBPyConnection, by_hand: Mapping[str, str], country: str) -> set[str]:
    found: set[str] = set()
    for kind, value in by_hand.items():
        if kind == "phone":
            wanted = {value.replace(" ", ""), *phones.numbers_meant(value, [country])}
        else:
            wanted = {value.lower() if kind == "email" else value.upper()}
        rows = connection.execute(
            "select persons.customer_id from intermediate.int_identity__identifiers as identifiers "
            "join intermediate.int_identity__persons as persons using (record_id) "
            "where identifier_kind = ? and list_contains(?, identifier_value) and not is_blocked",
            [kind, sorted(wanted)],
        ).fetchall()
        found |= {row[0] for row in rows}
    return found


def _returned(
    connection: duckdb.DuckDBPyConnection, settings: Settings, erased_keys: frozenset[tuple[str, str]]
) -> set[str]:
    secrets = settings.known_secret_keys()
    found: set[str] = set()
    query = (
        "select persons.customer_id, identifier_kind, identifier_value from intermediate.int_identity__identifiers "
        "join intermediate.int_identity__persons as persons using (record_id) where not is_blocked"
    )
    if any(channel == _RECORD for channel, _ in erased_keys):
        query += f" union all select customer_id, '{_RECORD}', record_id from intermediate.int_identity__persons"
    rows = connection.execute(query)
    channels = {"email": "email", "phone": "sms", "member_id": "member_id", _RECORD: _RECORD}
    while page := rows.fetchmany(50_000):
        for customer_id, kind, value in page:
            channel = channels.get(kind)
            if channel and any((channel, keys.address_key(key, channel, value)) in erased_keys for key in secrets):
                found.add(customer_id)
    return found
