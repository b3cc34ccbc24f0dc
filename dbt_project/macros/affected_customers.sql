{#-
  Customers of whom something in a carried table may have changed (what affected keys are: macros/carried.sql): of rows that
  were computed anew, whose they were until now and whose they are; and of facts that have left a window.
-#}

{#- Affected keys (a relation), each with the customers of its rows until now: customers_of asks for them. -#}
{% macro with_former_customers(affected, key) -%}
    select distinct affected.{{ key }}, former.customer_id
    from {{ affected }} as affected
    left join {{ this }} as former using ({{ key }})
{%- endmacro %}

{#- Customers of whom something was computed anew in a carried table: whose it was until now, and whose it is. -#}
{% macro customers_of(relation, key) -%}
    select customer_id from {{ affected_keys(relation) }}
    union all
    select customer_id from {{ relation }} semi join {{ affected_keys(relation) }} using ({{ key }})
{%- endmacro %}

{#- Customers of orders that were computed anew, or left a window of so many days; a line changes only with its order. -#}
{% macro customers_of_orders(orders, days, since) -%}
    {{ customers_of(orders, 'order_id') }}
    union all
    select customer_id from {{ orders }} where {{ left_window('ordered_at', days, since) }}
{%- endmacro %}

{#-
  Customers of messages whose answers were computed anew, or whose answers left one of the windows (of so many days), by the
  answers that are `counted` (a condition). What is older than all windows says nothing of anybody.
-#}
{% macro customers_of_answers(answers, counted, windows, since) -%}
    select customer_id from {{ affected_keys(answers) }}
    union all
    select customer_id from {{ answers }}
    where
        {{ counted }}
        and occurred_at >= {{ local_instant(day_literal(since) ~ ' - ' ~ windows | max) }}
        and (
            message_id in (select message_id from {{ affected_keys(answers) }})
            {%- for days in windows %} or {{ left_window('occurred_at', days, since) }} {%- endfor %}
        )
{%- endmacro %}

{#-
  Everybody who has an address of which a permission or a suppression was computed anew, or what allowed it until `since`
  has come to its end.
-#}
{% macro customers_of_addresses(identifiers, permissions, suppressions, since) -%}
    select identifiers.customer_id
    from {{ identifiers }} as identifiers
    join
        (
            select address, channel
            from {{ affected_keys(permissions) }}
            union
            select address, channel
            from {{ permissions }}
            where
                purpose = 'marketing'
                and valid_to > {{ local_instant(day_literal(since)) }}
                and valid_to <= {{ as_of() }}
            union
            select previous_address, previous_channel
            from {{ affected_keys(suppressions) }}
            union
            select address, channel
            from {{ suppressions }}
            semi join {{ affected_keys(suppressions) }} using (suppression_id)
        ) as addresses
        on addresses.address = identifiers.identifier_value
        and case addresses.channel when 'sms' then 'phone' else addresses.channel end = identifiers.identifier_kind
{%- endmacro %}
