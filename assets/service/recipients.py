"""Whose link it is: from a token to the message's keyed address in the ledger, and to an address in the analysts' copy.

The ledger knows no addresses and the link names none. Which of its customer's addresses a message went to is found by
hashing them and comparing; the address is only used to tell the warehouse, and never shown.
"""

from __future__ import annotations

import logging
from dataclasses import dataclass

import duckdb
import sqlalchemy as sa

from assets.messaging import keys
from assets.messaging.ledger import messages
from assets.messaging.outbox import Outbox
from assets.messaging.tokens import read_token
from orchestration.settings import Settings

_LOG = logging.getLogger("fredning.serve")
_KINDS = {"email": "email", "sms": "phone"}


@dataclass(frozen=True, slots=True)
class Recipient:
    """One address as we know it. `address` is None where the analysts' copy does not (yet) hold it."""

    message_id: str
    channel: str
    address_keys: tuple[str, ...]
    address: str | None
    language: str | None

    @property
    def is_forgotten(self) -> bool:
        """Erased, or the message was never ours: there is nobody left who could get anything."""
        return not self.address_keys

    @property
    def is_of_a_test(self) -> bool:
        """The message went to a seed list, so that there is nobody to do anything for."""
        return self.is_forgotten and keys.is_of_a_test(self.message_id)


def recipient_of(settings: Settings, outbox: Outbox, token: str) -> Recipient:
    """Raises `TokenError` for a token that is not ours."""
    known = settings.known_secret_keys()
    message_id, channel = read_token(known, token)
    query = sa.select(messages.c.customer_id, messages.c.address_key).where(messages.c.message_id == message_id)
    with outbox.transaction() as tx:
        row = tx.execute(query.where(messages.c.channel == channel)).one_or_none()
    if row is None or not row.address_key:
        return Recipient(message_id, channel, (), None, None)
    addresses, language = _looked_up(settings, row.customer_id or "", channel)
    address = next((a for a in addresses if row.address_key in _keyed(known, channel, a)), None)
    # After a change of the key the same address has another hash in newer messages: both must be stopped.
    hashes = {row.address_key, *(_keyed(known, channel, address) if address else ())}
    return Recipient(message_id, channel, tuple(sorted(hashes)), address, language)


def address_of(settings: Settings, outbox: Outbox, message_id: str, channel: str) -> str | None:
    """The address that a message of ours went to, for reports that do not name it."""
    query = sa.select(messages.c.customer_id, messages.c.address_key).where(messages.c.message_id == message_id)
    with outbox.transaction() as tx:
        row = tx.execute(query).one_or_none()
    if row is None or not row.address_key:
        return None
    addresses, _ = _looked_up(settings, row.customer_id or "", channel)
    known = settings.known_secret_keys()
    return next((a for a in addresses if row.address_key in _keyed(known, channel, a)), None)


def _keyed(known: list[bytes], channel: str, address: str) -> tuple[str, ...]:
    return tuple(keys.address_key(secret, channel, address) for secret in known)


def _looked_up(settings: Settings, customer_id: str, channel: str) -> tuple[list[str], str | None]:
    """All addresses of a customer on a channel, under whichever id the customer goes by now, and the language."""
    try:
        with duckdb.connect(str(settings.published_path), read_only=True) as connection:
            found = connection.execute(
                """
                with known_as as (
                    select $customer_id as customer_id
                    union
                    select customer_id from marts.dim_customer_aliases where past_customer_id = $customer_id
                )
                select identifiers.identifier_value, customers.language
                from known_as
                join marts.dim_customers as customers using (customer_id)
                join marts.dim_customer_identifiers as identifiers using (customer_id)
                where identifiers.identifier_kind = $kind
                order by identifiers.is_primary desc, identifiers.identifier_value
                """,
                {"customer_id": customer_id, "kind": _KINDS[channel]},
            ).fetchall()
    except (duckdb.IOException, duckdb.CatalogException) as error:
        _LOG.warning("the analysts' copy cannot be asked (%s): the ledger alone keeps to it", type(error).__name__)
        return [], None
    return list(dict.fromkeys(row[0] for row in found)), found[0][1] if found else None
