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
CART_LINES, CARTS = "intermediate.int_behaviour__cart_lines", "intermediate.int_behaviour__carts"
CARTS_BOUGHT, CARTS_KNOWN = "intermediate.int_behaviour__carts_bought", "marts.fct_carts"
VIEWS, BEHAVIOUR = "intermediate.int_behaviour__product_views", "intermediate.int_behaviour__customers"
WEIGHTS, BY_PRODUCT = "intermediate.int_behaviour__affinity_weights", "intermediate.int_purchases__by_product"
BY_CUSTOMER, BY_PERIOD = "intermediate.int_purchases__by_customer", "intermediate.int_purchases__by_period"
EVENTS, ORDERS, SALES = "staging.stg_provider__events", "intermediate.int_purchases__orders", "marts.fct_orders"
ENGAGEMENT = "marts.fct_engagement_events"
RECORDS, IDENTIFIERS = "intermediate.int_identity__records", "intermediate.int_identity__identifiers"
GOLDEN, ADDRESSES = "intermediate.int_customers__golden_records", "marts.dim_customer_identifiers"
CONSENTS, PERMISSIONS = "marts.fct_consent_events", "marts.fct_permissions"
BASIS, ALIASES = "intermediate.int_consent__sales", "intermediate.int_identity__aliases"
RETURNS, WEBSHOP_ORDERS = "intermediate.int_purchases__returns", "staging.stg_webshop__orders"

_LEFT_BEHIND = "customers_of_orders", "{{ left_window('ordered_at', days, since) }}", "false"

MUTANTS = (
    _macro("what was told of tomorrow never comes", "newly_known", "and {{ happened_since(happened, since) }}",
           "and false", EVENTS),
    _macro("the last told event wins where one is told again", "first_of_repeated",
           "order by received_on, source_file", "order by received_on desc, source_file", EVENTS),
    _macro("a key told before is a new one", "told_since", "coalesce(told_before.is_known, false)", "false", EVENTS),
    _macro("new records of people change nothing", "keep_what_differs", "is distinct from", "<>",
           "intermediate.int_identity__persons", ORDERS, ALIASES),
    _macro("an order placed in the future never comes", "versions_since", "{{ happened_since(happened, since) }}",
           "false", WEBSHOP_ORDERS),
    _macro("a promised delivery never happens", "versions_since", "{{ happened_since(happened, since) }}",
           "false", "staging.stg_logistics__deliveries"),
    _model("deliveries do not reach orders", ORDERS, _keys("stg_logistics__deliveries")),
    _model("changed accounts do not reach orders", ORDERS, _keys("stg_webshop__accounts")),
    _model("what an account said before, told late, does not reach orders", ORDERS,
           "from {{ ref('stg_webshop__orders') }}\n    semi join {{ affected_keys(ref('stg_webshop__accounts')) }}",
           "from {{{{ ref('stg_webshop__orders') }}}}\n    semi join (from {{{{ ref('stg_webshop__accounts') }}}} "
           "where received_on > {{{{ day_literal(since) }}}} or {{{{ happened_since('updated_at', since) }}}})"),
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
    _macro("a row that comes differs from none", "keep_what_differs", "from {{ after }} except from {{ before }}",
           "from {{ before }} where false", RECORDS, IDENTIFIERS),
    _macro("a row that goes differs from none", "keep_what_differs", "from {{ before }} except from {{ after }}",
           "from {{ before }} where false", RECORDS, IDENTIFIERS),
    _model("new members are not records", RECORDS, "{{ affected_keys(members) }}"),
    _model("changed accounts are the records that they were", RECORDS, "{{ affected_keys(accounts) }}"),
    _model("till customers stay who they were", RECORDS, "{{ affected_keys(till_customers) }}"),
    _model("a guest's order is no record", RECORDS, "select 'webshop_order:' || webshop_order_id\n    from",
           "select null\n    from"),
    _macro("an account keeps the order that it lost", "accounts_of_affected_orders",
           "select previous_account_id", "select null", RECORDS),
    _macro("an account's first order does not make it known", "accounts_of_affected_orders",
           "semi join {{ affected_keys(orders) }} using (webshop_order_id)", "where false", RECORDS),
    _model("a value is shared by whom had it", IDENTIFIERS,
           "from {{ this }}\n    semi join {{ affected_keys(records) }} using (record_id)",
           "from {{{{ this }}}}\n    where false"),
    _model("a value that is new to a record is not shared", IDENTIFIERS,
           "from {{ records }}\n        semi join {{ affected_keys(records) }} using (record_id)\n        where ",
           "from {{{{ records }}}}\n        where false and "),
    _model("new customers have no earlier id", ALIASES, "{{ affected_keys(persons) }}"),
    _macro("who lost a record keeps what it told", "customers_of_changed_records",
           "select previous_customer_id as customer_id", "select null as customer_id", GOLDEN),
    _macro("who was given a record does not change", "customers_of_changed_records",
           "select record_id from {{ affected_keys(persons) }}", "select null", GOLDEN, ADDRESSES),
    _macro("what a record says today is not believed", "customers_of_changed_records",
           *_without(_keys("int_identity__records")), GOLDEN),
    _macro("an address that is everybody's stays somebody's", "customers_of_changed_records",
           *_without(_keys("int_identity__identifiers")), GOLDEN),
    _model("nobody is erased later", GOLDEN, _keys("int_customers__erased")),
    _model("a customer's believed address is the former one", ADDRESSES, _keys("int_customers__golden_records")),
    _model("a browser stays with whom it had", ADDRESSES, "select previous_customer_id\n", "select null\n"),
    _model("a browser does not come to its customer", ADDRESSES,
           "semi join {{ affected_keys(browsers) }} using (anonymous_id, identified_at)", "where false"),
    _macro("what was written on an order that went stays", "accounts_of_affected_orders",
           "select previous_account_id", "select null", ADDRESSES),
    _macro("what is written on a new order is nobody's", "accounts_of_affected_orders",
           "semi join {{ affected_keys(orders) }} using (webshop_order_id)", "where false", ADDRESSES),
    _model("an address that was blocked stays with who wrote it", ADDRESSES,
           "semi join judged using (identifier_kind, identifier_value)", "where false"),
    _model("an address that is somebody's again is not given back", ADDRESSES, "where previous_is_blocked\n",
           "where false\n"),
    _model("a withdrawal by form is not heard", CONSENTS, "{{ affected_keys(told) }}"),
    _model("a withdrawal at the provider is not heard", CONSENTS, "{{ affected_keys(answers) }}"),
    _model("the policy of the day of the sale holds", BASIS, "is not null\n            and",
           "is not null\n            and false and"),
    _model("a new sale allows nothing", BASIS, "{{ affected_keys(all_orders) }}"),
    _model("a new event does not end a permission", PERMISSIONS,
           "semi join {{ affected_keys(events) }} using (event_id)", "where false"),
    _model("an event told otherwise still holds", PERMISSIONS,
           "select previous_address as address, previous_channel as channel\n",
           "select null as address, null as channel\n"),
    _model("a sale that was cancelled still allows messages", PERMISSIONS, "select previous_address, channel\n",
           "select null, null\n"),
    _model("a new sale does not count from its own day", PERMISSIONS,
           "semi join {{ affected_keys(sales) }} using (order_id, channel)", "where false"),
    _model("a cart stays nobody's when its account is known", CARTS,
           "'webshop:' || user_id in (select record_id from {{ affected_keys(persons) }})", "false"),
    _model("a cart stays with a browser's former owner", CARTS,
           "anonymous_id in (select anonymous_id from {{ affected_keys(browsers) }})", "false"),
    _model("a cart stays nobody's when its order is known", CARTS,
           "order_id in (select order_id from {{ affected_keys(orders) }})", "false"),
    _model("a purchase told late closes no cart of its browser", CARTS_BOUGHT,
           "anonymous_id in (select anonymous_id from browsers)", "false"),
    _model("a purchase in a store closes no cart", CARTS_BOUGHT,
           "customer_id in ({{ customers_of(orders, 'order_id') | indent(12) }})", "false"),
    _model("an order's other instant does not reach its cart", CARTS_BOUGHT,
           "bought_order_id in (select order_id from {{ affected_keys(orders) }})", "false"),
    _model("carts keep yesterday's prices", CARTS_KNOWN, "where price_minor is null", "where false"),
    _model("carts keep how they had ended", CARTS_KNOWN, "{{ affected_keys(bought) }}"),
    _model("views keep a product's former group", VIEWS, "semi join {{ affected_keys(products) }} using (product_id)",
           "where false"),
    _macro("what moves to somebody else stays with whose it was, too", "customers_of",
           *_without("{{ affected_keys(relation) }}\n"), BY_CUSTOMER, WEIGHTS),
    _macro("what moves to somebody else is not told of them", "customers_of",
           "semi join {{ affected_keys(relation) }} using ({{ key }})", "where false", BY_CUSTOMER),
    _macro("a year's orders never leave it", *_LEFT_BEHIND, BY_CUSTOMER),
    _macro("what was bought a year ago weighs for ever", *_LEFT_BEHIND, WEIGHTS),
    *(
        _macro(f"{what} keep the weights of the month before", "carried_from_same_month",
               "since if since and since[:7] == (var('run_date') | string)[:7] else none", "since", table)
        for what, table in (("affinities", WEIGHTS), ("habits", BEHAVIOUR))
    ),
    _model("views do not reach affinities", WEIGHTS, "{{ customers_of(product_views, 'anonymous_id') }}",
           "select null where false"),
    _macro("what was bought a year ago is still used up", *_LEFT_BEHIND, BY_PRODUCT),
    _model("orders do not leave a period", BY_PERIOD, "ordered_on in (select day from crossed)", "false"),
    *(
        _model(f"{what} do not reach behaviour", BEHAVIOUR, right, wrong)
        for what, right, wrong in (
            ("orders", "(orders, 'order_id')", "(carts, 'cart_id')"),
            ("carts", "(carts, 'cart_id')", "(orders, 'order_id')"),
            ("visits", "(web_events, 'anonymous_id')", "(orders, 'order_id')"),
            ("clicks", "message_id in (select message_id from {{ affected_keys(engagement) }})", "false"),
        )
    ),
    *(
        _model(f"{what} count for ever", BEHAVIOUR, right, wrong)
        for what, right, wrong in (
            ("orders", "(orders, 'ordered_at')", "(carts, 'last_changed_at')"),
            ("carts", "(carts, 'last_changed_at')", "(orders, 'ordered_at')"),
            ("visits", "(web_events, 'occurred_at')", "(orders, 'ordered_at')"),
            ("clicks", "{{ left_window('occurred_at', score_days, since) }}", "false"),
            ("hours of clicks", "{{ left_window('occurred_at', hour_days, since) }}", "false"),
        )
    ),
    _model("who moves keeps the former clock", BEHAVIOUR, "own.timezone is distinct from customers.timezone", "false"),
)  # fmt: skip
