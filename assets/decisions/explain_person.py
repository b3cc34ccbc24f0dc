"""Whom a question is about: the customer id behind an id, an address or an order, and the ids of before a merge.

An address is only looked for, never read out or repeated in an error.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from assets.identity.phones import HOME_COUNTRIES, numbers_meant

if TYPE_CHECKING:
    import duckdb


class UnknownPerson(LookupError):
    """Nobody is known by what was asked for; the message repeats no address."""


def find_customer(
    connection: duckdb.DuckDBPyConnection,
    *,
    customer: str | None = None,
    address: str | None = None,
    order: str | None = None,
) -> str:
    """Today's customer id for an id (also an old one), an e-mail address or phone number, or an order.

    Raises `UnknownPerson` when there is none, or when an address belongs to several people (their ids are listed).
    """
    if order is not None:
        found = connection.execute(
            "select distinct customer_id from marts.fct_orders where customer_id is not null "
            "and (order_id = $order or order_id in ('webshop:' || $order, 'pos:' || $order))",
            {"order": order},
        ).fetchall()
        what = f"order {order}"
    elif address is not None:
        wanted = {"".join(address.split()).lower(), *numbers_meant(address, HOME_COUNTRIES)}
        found = connection.execute(
            "select distinct customer_id from marts.dim_customer_identifiers "
            "where identifier_kind in ('email', 'phone') and list_contains($wanted, identifier_value)",
            {"wanted": sorted(wanted)},
        ).fetchall()
        what = "this address"
    else:
        found = connection.execute(
            "select customer_id from marts.dim_customer_aliases where past_customer_id = $customer "
            "union select customer_id from marts.dim_customers where customer_id = $customer",
            {"customer": customer},
        ).fetchall()
        if not found:
            # Somebody who is no customer any more; the ledger is the largest table, so it is asked last.
            found = connection.execute(
                "select distinct customer_id from marts.fct_contact_decisions where customer_id = $customer",
                {"customer": customer},
            ).fetchall()
        what = f"customer {customer}"
    if not found:
        raise UnknownPerson(f"Nobody is known by {what}.")
    if len(found) > 1:
        ids = ", ".join(sorted(row[0] for row in found))
        raise UnknownPerson(f"Several people are known by {what}: name one with --customer. They are {ids}.")
    return str(found[0][0])


def past_ids(connection: duckdb.DuckDBPyConnection, customer_id: str) -> list[str]:
    """Ids the customer had before; older rows of the ledger stand under them."""
    rows = connection.execute(
        "select past_customer_id from marts.dim_customer_aliases where customer_id = ? order by 1", [customer_id]
    ).fetchall()
    return [row[0] for row in rows]
