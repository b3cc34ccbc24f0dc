"""Mistakes in what a carried table takes for affected: each leaves rows that a whole build would have made anew."""

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


def _macro(name: str, macro: str, right: str, wrong: str, *tables: str) -> Mutant:
    return Mutant(name, f"macro.fredning.{macro}", right, wrong, tables)


def _without(keys: str) -> tuple[str, str]:
    """The keys, and none of them."""
    return keys, f"(select * from {keys} where false)"


def _model(name: str, table: str, right: str, wrong: str = "(select * from {} where false)") -> Mutant:
    return Mutant(name, f"model.fredning.{table.partition('.')[2]}", right, wrong.format(right), (table,))


def _keys(model: str) -> str:
    return f"{{{{ affected_keys(ref('{model}')) }}}}"


WEB, CART_EVENTS = "intermediate.int_behaviour__web_events", "intermediate.int_behaviour__cart_events"
CART_LINES = "intermediate.int_behaviour__cart_lines"
EVENTS, ORDERS, SALES = "staging.stg_provider__events", "intermediate.int_purchases__orders", "marts.fct_orders"
ENGAGEMENT = "marts.fct_engagement_events"
RETURNS, WEBSHOP_ORDERS = "intermediate.int_purchases__returns", "staging.stg_webshop__orders"

MUTANTS = (
    _macro("what was told of tomorrow never comes", "newly_known", "and {{ happened_since(happened, since) }}",
           "and false", EVENTS),
    _macro("the last told event wins where one is told again", "first_of_repeated",
           "order by received_on, source_file", "order by received_on desc, source_file", EVENTS),
    _macro("a key told before is a new one", "told_since", "coalesce(told_before.is_known, false)", "false", EVENTS),
    _macro("new records of people change nothing", "keep_what_differs", "is distinct from", "<>",
           "intermediate.int_identity__persons", ORDERS),
    _macro("an order placed in the future never comes", "versions_since", "{{ happened_since(happened, since) }}",
           "false", WEBSHOP_ORDERS),
    _macro("a promised delivery never happens", "versions_since", "{{ happened_since(happened, since) }}",
           "false", "staging.stg_logistics__deliveries"),
    _model("deliveries do not reach orders", ORDERS, _keys("stg_logistics__deliveries")),
    _model("changed accounts do not reach orders", ORDERS, _keys("stg_webshop__accounts")),
    _model("a moved account does not take its orders along", ORDERS,
           f"'webshop:' || account_id in (select record_id from {_keys('int_identity__persons')})", "false"),
    _model("a moved till customer does not take receipts along", ORDERS,
           f"'pos:' || pos_customer_id in (select record_id from {_keys('int_identity__persons')})", "false"),
    _model("a moved member does not take receipts along", ORDERS,
           f"'club:' || member_id in (select record_id from {_keys('int_identity__persons')})", "false"),
    _model("guests stay who they were", ORDERS, "starts_with(record_id, 'webshop_order:')", "false"),
    _model("a return told again stays with its first order", RETURNS, "semi join told using (return_id)",
           "where false"),
    _model("a return stays unknown when its order comes", RETURNS, "semi join orders using (order_id)", "where false"),
    _model("late returns do not reach orders", SALES, _keys("int_purchases__returns")),
    _macro("late lines do not reach orders", "orders_of_affected_lines", *_without(_keys("stg_webshop__order_lines")),
           SALES),
    _macro("late receipt lines do not reach orders", "orders_of_affected_lines",
           *_without(_keys("stg_pos__receipt_lines")), SALES),
    _model("a product's new group does not reach orders", SALES, _keys("int_catalogue__products")),
    _model("an event told again is left with its first message too", ENGAGEMENT,
           "from {{ this }}\n            semi join {{ affected_keys(delivered) }}",
           "from (from {{{{ this }}}} where false)\n            semi join {{{{ affected_keys(delivered) }}}}"),
    _model("events stay with an address's former owner", ENGAGEMENT, "address in (select identifier_value from moved)",
           "false"),
    _model("a message that is logged later stays nobody's", ENGAGEMENT, "and (\n                    own.class",
           "and false and (\n                    own.class"),
    _model("earlier answers to a message go", ENGAGEMENT, "semi join touched using (message_id)", "where false"),
    _model("visits at the window's edge stay as they were", WEB, "from leaving\n", "from leaving where false\n"),
    _model("a visit stays nobody's when its browser is known", WEB, "{{ affected_keys(browsers) }}"),
    _model("an event told in two browsers counts in both", WEB,
           "{{ affected_rows(tracked, 'anonymous_id', since) }} as affected\n                    where ",
           "{{{{ affected_rows(tracked, 'anonymous_id', since) }}}} as affected\n                    where false and "),
    _model("carts are never forgotten", CART_EVENTS, "where occurred_at < {{ starts_at }}", "where false"),
    _model("an emptied cart keeps its lines", CART_LINES, "from {{ affected_keys(cart_events) }}\n    union",
           "from {{{{ affected_keys(cart_events) }}}} where false\n    union"),
    _model("a new event does not change its cart", CART_LINES,
           "semi join {{ affected_keys(cart_events) }} using (message_id)", "where false"),
)  # fmt: skip
