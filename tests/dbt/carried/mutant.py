"""What a mistake in the project is: one place of a model or macro replaced. And the tables to make mistakes in."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Mutant:
    """Replace `right` by `wrong` in a model or macro; one of `tables` must become another."""

    name: str
    unique_id: str
    right: str
    wrong: str
    tables: tuple[str, ...]


def macro(name: str, macro: str, right: str, wrong: str, *tables: str) -> Mutant:
    return Mutant(name, f"macro.fredning.{macro}", right, wrong, tables)


def model(name: str, table: str, right: str, wrong: str = "(select * from {} where false)") -> Mutant:
    return Mutant(name, f"model.fredning.{table.partition('.')[2]}", right, wrong.format(right), (table,))


def without(keys: str) -> tuple[str, str]:
    """The keys, and none of them."""
    return keys, f"(select * from {keys} where false)"


def keys_of(model: str) -> str:
    return f"{{{{ affected_keys(ref('{model}')) }}}}"


WEB, CART_EVENTS = "intermediate.int_behaviour__web_events", "intermediate.int_behaviour__cart_events"
CART_LINES, CARTS = "intermediate.int_behaviour__cart_lines", "intermediate.int_behaviour__carts"
CARTS_BOUGHT, CARTS_KNOWN = "intermediate.int_behaviour__carts_bought", "marts.fct_carts"
VIEWS, BEHAVIOUR = "intermediate.int_behaviour__product_views", "intermediate.int_behaviour__customers"
WEIGHTS, BY_PRODUCT = "intermediate.int_behaviour__affinity_weights", "intermediate.int_purchases__by_product"
BY_CUSTOMER, BY_PERIOD = "intermediate.int_purchases__by_customer", "intermediate.int_purchases__by_period"
EVENTS, ORDERS, SALES = "staging.stg_provider__events", "intermediate.int_purchases__orders", "marts.fct_orders"
ENGAGEMENT, REACHED = "marts.fct_engagement_events", "intermediate.int_behaviour__messages"
RECORDS, IDENTIFIERS = "intermediate.int_identity__records", "intermediate.int_identity__identifiers"
GOLDEN, ADDRESSES = "intermediate.int_customers__golden_records", "marts.dim_customer_identifiers"
CONSENTS, PERMISSIONS = "marts.fct_consent_events", "marts.fct_permissions"
BASIS, ALIASES = "intermediate.int_consent__sales", "intermediate.int_identity__aliases"
LINES, RFM = "marts.fct_order_lines", "intermediate.int_rfm__purchases"
RETURNS, WEBSHOP_ORDERS = "intermediate.int_purchases__returns", "staging.stg_webshop__orders"
CLAIMS, BROWSERS = "intermediate.int_identity__browser_claims", "intermediate.int_identity__anonymous_ids"
MEANT, EVIDENCE = "intermediate.int_identity__meant_addresses", "intermediate.int_identity__evidence"
DESCRIBED, CANDIDATES = "intermediate.int_identity__descriptions", "intermediate.int_identity__candidate_links"
COMPONENTS, LINKS = "intermediate.int_identity__components", "intermediate.int_identity__links"
PERSONS, EDGES = "intermediate.int_identity__persons", "marts.fct_identity_edges"
FOREIGN = "staging.base_addresses__foreign_phones"
REACHABLE = "intermediate.int_customers__contact_points"
CUSTOMERS = "marts.dim_customers"
