"""Who comes back under a keyed hash of the suppression list, and who only has the same address since. Changes the list.

A source that still delivers an erased person is recognised by the record, the member id, or an address that the record
bore before the erasure. What begins under such an address later is new: a number is given to somebody else, and people
buy again. Such an address is written to on its own consent and for service; nothing else of the list is lifted.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime
from pathlib import Path

import duckdb
import sqlalchemy as sa

from assets.identity import phones
from assets.messaging import keys
from assets.messaging.ledger import suppressions
from assets.messaging.outbox import Outbox
from assets.messaging.sending import ERASED, ERASED_BEFORE
from assets.privacy.former import raw_rows
from orchestration.settings import Settings

# (channel, keyed hash) → when its person was erased.
Erased = Mapping[tuple[str, str], datetime]

# What stands for a channel in the hash of something that nobody can be written to under.
RECORD = "record"
CHANNELS = {"email": "email", "phone": "sms", "member_id": "member_id"}
_PAGE = 50_000
# Delivered facts that need no record: the column of an address, and its channel.
_FACTS = (
    ("consent/events", "address", "channel", "action = 'granted'", "occurred_at"),
    ("consent/preferences", "address", "channel", "false", "occurred_at"),
    ("provider/events", "address", "channel", "false", "occurred_at"),
    ("service/cases", "email", "'email'", "false", "updated_at"),
    ("service/cases", "phone", "'sms'", "false", "updated_at"),
    ("tracker/events", "traits_email", "'email'", "false", '"timestamp"'),
)


def erased_since(outbox: Outbox) -> dict[tuple[str, str], datetime]:
    """Everybody erased so far, also under an address that is somebody's anew."""
    query = sa.select(suppressions).where(suppressions.c.reason.in_((ERASED, ERASED_BEFORE))).order_by("at")
    with outbox.transaction() as tx:
        return {(row.channel, row.address_key): row.at for row in tx.execute(query)}


def returned_records(connection: duckdb.DuckDBPyConnection, settings: Settings, erased: Erased) -> frozenset[str]:
    """Records of erased people that a source delivers again."""
    secrets = settings.known_secret_keys()
    found: set[str] = set()
    rows = connection.execute(
        "select record_id, identifier_kind, identifier_value, updated_at "
        "from intermediate.int_identity__identifiers where not is_blocked "
        f"union all select record_id, '{RECORD}', record_id, null from intermediate.int_identity__persons"
    )
    while page := rows.fetchmany(_PAGE):
        for record_id, kind, value, updated_at in page:
            channel = CHANNELS.get(kind, kind)
            for _, at in _erased(secrets, channel, value, erased):
                if kind in (RECORD, "member_id") or updated_at is None or updated_at <= at:
                    found.add(record_id)
    return frozenset(found)


def leftovers(
    connection: duckdb.DuckDBPyConnection, settings: Settings, erased: Erased
) -> tuple[list[dict[str, str]], frozenset[str]]:
    """Facts that need no record, under erased addresses: (addresses as delivered, ids of consents).

    Addresses that nobody has, such as in a provider's events of mails sent before; not those under which somebody has
    given a consent since. Of addresses that somebody has since, the consents that are older than the erasure.
    """
    secrets = settings.known_secret_keys()
    held = {
        row[0]
        for row in connection.execute(
            "select identifier_value from intermediate.int_identity__identifiers where identifier_kind <> 'member_id'"
        ).fetchall()
    }
    found: list[dict[str, str]] = []
    old: list[tuple[str, datetime]] = []
    agreed: set[str] = set()
    for channel, written, granted_at in _facts(settings):
        for address in _normal_forms(channel, written, settings.country):
            for _, at in _erased(secrets, channel, address, erased):
                if address in held:
                    old.append((written, at))
                elif granted_at is not None and granted_at > at:
                    agreed.add(address)
                else:
                    found.append({"address": address, "email" if channel == "email" else "phone": written})
    return [row for row in found if row["address"] not in agreed], _consents_before(settings, old)


def _consents_before(settings: Settings, old: list[tuple[str, datetime]]) -> frozenset[str]:
    """Ids of consents under these addresses (as delivered) until these instants."""
    if not old:
        return frozenset()
    condition = (
        "exists (from (select unnest(?) as written, unnest(?) as erased_at) as old "
        "where old.written = address and occurred_at <= old.erased_at)"
    )
    addresses, instants = ([pair[n] for pair in old] for n in range(2))
    told = raw_rows(settings.raw_dir / "consent" / "events", "event_id", condition, [addresses, instants])
    return frozenset(row["event_id"] for row in told)


def reopen(settings: Settings, outbox: Outbox) -> int:
    """Lift the stop from addresses that are somebody's anew; returns how many.

    Only where nothing that the warehouse knows of the address is older than the erasure: what a source delivers again
    may not be taken for a consent.
    """
    erased = erased_since(outbox)
    if not erased or not settings.warehouse_path.exists():
        return 0
    secrets = settings.known_secret_keys()
    lifted: list[tuple[str, str]] = []
    with duckdb.connect(str(settings.warehouse_path), read_only=True) as connection:
        returned = returned_records(connection, settings, erased)
        rows = connection.execute(
            """
            select held.identifier_kind, held.identifier_value, least(held.since_at, told.since_at)
            from (
                select
                    identifier_kind, identifier_value, min(updated_at) as since_at,
                    bool_or(list_contains(?, record_id)) as is_returned
                from intermediate.int_identity__identifiers
                where identifier_kind in ('email', 'phone') and not is_blocked
                group by all
            ) as held
            left join (
                select case channel when 'sms' then 'phone' else channel end as identifier_kind,
                    address as identifier_value, min(occurred_at) as since_at
                from marts.fct_consent_events
                group by all
            ) as told using (identifier_kind, identifier_value)
            where not held.is_returned
            """,
            [sorted(returned)],
        )
        while page := rows.fetchmany(_PAGE):
            for kind, value, since_at in page:
                for key, at in _erased(secrets, CHANNELS[kind], value, erased):
                    if since_at is not None and since_at > at:
                        lifted.append(key)
    with outbox.transaction() as tx:
        return sum(_lift(tx, outbox, channel, key) for channel, key in lifted)


def _lift(tx: sa.Connection, outbox: Outbox, channel: str, key: str) -> int:
    mine = (suppressions.c.channel == channel, suppressions.c.address_key == key)
    stop = tx.execute(
        sa.delete(suppressions).where(*mine, suppressions.c.reason == ERASED).returning(suppressions.c.at)
    )
    row = stop.first()
    if row is None:
        return 0
    new = {"address_key": key, "channel": channel, "reason": ERASED_BEFORE, "at": row.at}
    tx.execute(outbox.insert_new(suppressions).values(new))
    return 1


def _erased(
    secrets: list[bytes], channel: str, value: str, erased: Erased
) -> Iterator[tuple[tuple[str, str], datetime]]:
    """Under which hashes a value was erased, and when."""
    for secret in secrets:
        key = channel, keys.address_key(secret, channel, value)
        if key in erased:
            yield key, erased[key]


def _facts(settings: Settings) -> Iterator[tuple[str, str, datetime | None]]:
    """(channel, address as delivered, last consent under it), each once per dataset."""
    with duckdb.connect(config={"threads": 1}) as connection:
        connection.execute("set timezone = 'UTC'")
        for dataset, column, channel, is_consent, at in _FACTS:
            files = sorted(str(path) for path in Path(settings.raw_dir / dataset).glob("*.parquet"))
            if files:
                rows = connection.execute(
                    f"select {channel}, {column}, max({at}) filter ({is_consent}) "
                    f"from read_parquet(?, union_by_name = true) where {column} is not null group by all",
                    [files],
                )
                while page := rows.fetchmany(_PAGE):
                    yield from page


def _normal_forms(channel: str, written: str, country: str) -> frozenset[str]:
    if channel == "email":
        return frozenset({written.strip().lower()})
    return phones.normal_forms(written, [country])
