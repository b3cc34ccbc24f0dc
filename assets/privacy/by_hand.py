"""Whom somebody at a keyboard means by an address, a number or a member id. Changes nothing.

The same rule as for requests that are delivered (int_customers__erased): who shares an address with the one that was
named, and bears another name, is not meant.
"""

from __future__ import annotations

from collections.abc import Mapping

import duckdb

from assets.identity import phones

# The surest first: a member id is one person's, an address may be a household's.
_KINDS = ("member_id", "email", "phone")


def named_by_hand(connection: duckdb.DuckDBPyConnection, by_hand: Mapping[str, str], country: str) -> set[str]:
    """Customers meant by {kind: value}."""
    meant: set[str] = set()
    names_meant: set[str] = set()
    for kind in _KINDS:
        if kind not in by_hand:
            continue
        names_of = _customers(connection, kind, _normal_forms(kind, by_hand[kind], country))
        is_surest = not meant
        found = {
            customer
            for customer, names in names_of.items()
            if is_surest or not names or not names_meant or any(_agree(a, b) for a in names for b in names_meant)
        }
        meant |= found
        names_meant |= {name for customer in found for name in names_of[customer]} if is_surest else set()
    return meant


def _normal_forms(kind: str, value: str, country: str) -> frozenset[str]:
    if kind == "phone":
        return frozenset({value.replace(" ", ""), *phones.numbers_meant(value, [country])})
    return frozenset({value.lower() if kind == "email" else value.upper()})


def _customers(connection: duckdb.DuckDBPyConnection, kind: str, values: frozenset[str]) -> dict[str, frozenset[str]]:
    """Customers with one of these values, or the same mailbox, and the first names under which they are known."""
    rows = connection.execute(
        """
        with found as (
            select distinct persons.customer_id
            from intermediate.int_identity__identifiers as identifiers
            join intermediate.int_identity__persons as persons using (record_id)
            where identifier_kind = $1 and not is_blocked and (
                list_contains($2, identifier_value) or link_value in (
                    select link_value from intermediate.int_identity__identifiers
                    where identifier_kind = $1 and list_contains($2, identifier_value)
                )
            )
        )
        select customer_id, list(distinct first_name_key) filter (first_name_key is not null)
        from found
        join intermediate.int_identity__persons using (customer_id)
        join intermediate.int_identity__records using (record_id)
        group by customer_id
        """,
        [kind, sorted(values)],
    ).fetchall()
    return {customer: frozenset(names or ()) for customer, names in rows}


def _agree(left: str, right: str) -> bool:
    """As macro names_agree: the same, or one is the other's initial."""
    shorter, longer = sorted((left, right), key=len)
    return longer == shorter or (len(shorter) == 1 and longer.startswith(shorter))
