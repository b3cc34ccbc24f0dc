{#- Rules that all trigger kinds share, so that a journey may combine any kind with any goal and entry rule. -#}

{#- The kinds' models, in the order in which their anchors are put together. -#}
{% macro trigger_models() -%}
    {{ return([
        'purchases_in_group', 'purchases_in_campaign', 'first_purchases', 'deliveries', 'related_products',
        'replenishments', 'joined', 'web_visits', 'carts_abandoned', 'persona_changes', 'birthdays', 'benefits_unused',
        'product_changes', 'event_sequences', 'broadcasts',
    ]) }}
{%- endmacro %}

{#-
  The anchors whose customer may enter. With an entry gap an anchor counts only if it lies at least that long after
  the one that counted before it; with `once_per` only the first of a calendar month, quarter or year counts.
  `anchors` holds the customer's history for such journeys, as far back as int_triggers__journeys says.
-#}
{% macro entered_anchors(anchors) -%}
    select numbered.*
    from (
        select
            *,
            row_number() over (
                partition by
                    journey,
                    customer_id,
                    case when once_per is not null then date_trunc(once_per, {{ local_day('anchor_at') }}) end
                order by anchor_at, anchor
            ) as nth_in_period
        from {{ anchors }}
    ) as numbered
    left join (
        select
            journey,
            customer_id,
            {{ spaced_out('anchor_at', 'anchor', 'to_days(any_value(entry_gap_days))') }} as entries
        from {{ anchors }}
        where entry_gap_days is not null
        group by journey, customer_id
    ) as spaced using (journey, customer_id)
    where numbered.anchor_at >= numbered.anchors_from
        and (numbered.once_per is null or numbered.nth_in_period = 1)
        and (
            numbered.entry_gap_days is null
            or list_contains(spaced.entries, {'at': numbered.anchor_at, 'key': numbered.anchor})
        )
{%- endmacro %}

{#-
  The columns in which every kind ends. The model may add joins behind it. `goals`: name → SQL of the instant at which
  the goal was reached, for goals that only this kind can see. `still_holds`: SQL of whether what started the anchor is
  still so; unknown counts as no longer so.
-#}
{% macro trigger_columns(
    entered='entered', branch="'default'", order=none, product=none, cart=none, goals={}, evidence={}, still_holds='true'
) -%}
    select
        {{ entered }}.customer_id,
        {{ entered }}.journey,
        {{ entered }}.anchor,
        {{ entered }}.anchor_at,
        {{ branch }} as branch,
        {% if goals -%}
        case
            {{ entered }}.goal {% for name, reached_at in goals.items() %}when '{{ name }}' then {{ reached_at }} {% endfor %}
        end
        {%- else -%}
        cast(null as timestamptz)
        {%- endif %} as goal_reached_at,
        {{ order or 'cast(null as varchar)' }} as reference_order_id,
        {{ product or 'cast(null as varchar)' }} as reference_product_id,
        {{ cart or 'cast(null as varchar)' }} as reference_cart_id,
        {% if evidence -%}
        '{' || concat_ws(
            ',',
            {% for name, value in evidence.items() -%}
            {{ evidence_entry(name, value) }}{{ ',' if not loop.last }}
            {% endfor %}
        ) || '}'
        {%- else -%}
        '{}'
        {%- endif %} as evidence,
        {{ entered }}.received_on,
        coalesce({{ still_holds }}, false) as still_holds
    from {{ entered }}
{%- endmacro %}

{#- The order that an anchor names, or null: `order:<order>` or `order:<order>:<product>`, where an order's id holds one colon. -#}
{% macro order_of_anchor(anchor) -%}
    nullif(regexp_extract({{ anchor }}, '^order:([^:]+(:[^:]+)?)', 1), '')
{%- endmacro %}
