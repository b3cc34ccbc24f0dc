"""After the secret key was changed: whoever asked to be left alone under a former key is left alone under the new one.

The ledger knows addresses only as keyed hashes, so a new key would make strangers of everybody on its suppression
list. An address is there in the clear when a message to it is planned: at that moment, before anything can leave, what
stands under its former hashes is written down under the new one, too. Of erased people no address is left to hash, so
a former key has to stay known for as long as the list is to be obeyed; the ledger remembers the keys it was used with.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from typing import Any

import sqlalchemy as sa

from assets.messaging import keys
from assets.messaging.chunks import chunks
from assets.messaging.ledger import secret_keys, suppressions, wishes
from assets.messaging.outbox import Outbox
from orchestration.settings import Settings


def unknown_keys(settings: Settings, outbox: Outbox) -> list[str]:
    """Names of keys that this ledger was used with and that the settings do not hold any more.

    Notes the present key, unless one is unknown: a mistyped key that was refused must not lock the right one out.
    Without a present key (commands that only look) nothing is asked.
    """
    if not settings.secret_key:
        return []
    known = [keys.key_name(secret) for secret in settings.known_secret_keys()]
    with outbox.transaction() as tx:
        used = tx.execute(sa.select(secret_keys.c.key_name).order_by(secret_keys.c.since)).scalars().all()
        unknown = [name for name in used if name not in known]
        if not unknown:
            tx.execute(outbox.insert_new(secret_keys).values(key_name=known[0], since=outbox.now()))
    return unknown


def forget_key(outbox: Outbox, name: str) -> bool:
    """Give up a key that is lost for good, and with it all that was asked for under it. False if there is none."""
    with outbox.transaction() as tx:
        gone = tx.execute(
            sa.delete(secret_keys).where(secret_keys.c.key_name == name).returning(secret_keys.c.key_name)
        )
        return gone.first() is not None


def carry_over(settings: Settings, outbox: Outbox, addresses: Iterable[tuple[str, str]]) -> None:
    """Write down under the present key what these (channel, address) pairs asked for under a former one."""
    present, *former = settings.known_secret_keys()
    if not former:
        return
    new_of = {
        (keys.address_key(secret, channel, address), channel): keys.address_key(present, channel, address)
        for channel, address in set(addresses)
        for secret in former
    }
    with outbox.transaction() as tx:
        for stop in _found(tx, suppressions, new_of):
            _keep_newest(tx, outbox, suppressions, stop)
        for wish in _found(tx, wishes, new_of):
            _keep_newest(tx, outbox, wishes, wish)


def _found(tx: sa.Connection, table: sa.Table, new_of: dict[tuple[str, str], str]) -> list[dict[str, Any]]:
    """The rows of these hashes, each with its new one in place."""
    rows: list[dict[str, Any]] = []
    for chunk in chunks(sorted({key for key, _ in new_of})):
        for row in tx.execute(sa.select(table).where(table.c.address_key.in_(chunk))).mappings():
            new = new_of.get((row["address_key"], row["channel"]))
            rows += [{**row, "address_key": new}] if new else []
    return rows


def _keep_newest(tx: sa.Connection, outbox: Outbox, table: sa.Table, row: dict[str, Any]) -> None:
    tx.execute(outbox.insert_new(table).values(row))
    mine = [column == row[column.name] for column in table.primary_key]
    changes = {name: value for name, value in row.items() if name not in table.primary_key}
    tx.execute(sa.update(table).where(*mine, table.c.at < row["at"]).values(changes))


def refusal(names: Collection[str]) -> str:
    """What to do about keys that are not known any more."""
    listed = ", ".join(names)
    return (
        f"The ledger holds hashes made with a secret key that is not known any more ({listed}): nobody who "
        "unsubscribed, complained or was erased under it would be left alone. Name that key in "
        "FREDNING_FORMER_SECRET_KEYS, and keep it there. Only if it is lost for good: "
        "`fredning outbox forget-key NAME`, after the provider's own suppression list has been checked."
    )
