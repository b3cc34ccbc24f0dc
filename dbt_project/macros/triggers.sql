{#- Rules that all trigger kinds share, so that a journey may combine any kind with any goal and entry gap. -#}

{#-
  The anchors whose customer may enter: where a journey has an entry gap, an anchor counts only if it lies at least
  that long after the one that counted before it. `anchors` holds the customer's whole history for such journeys.
-#}
{% macro entered_anchors(anchors) -%}
    select {{ anchors }}.*
    from {{ anchors }}
    left join (
        select
            journey,
            customer_id,
            {{ spaced_out('anchor_at', 'anchor', 'to_days(any_value(entry_gap_days))') }} as entries
        from {{ anchors }}
        where entry_gap_days is not null
        group by journey, customer_id
    ) as spaced using (journey, customer_id)
    where {{ anchors }}.anchor_at >= {{ anchors }}.anchors_from
        and (
            {{ anchors }}.entry_gap_days is null
            or list_contains(spaced.entries, {'at': {{ anchors }}.anchor_at, 'key': {{ anchors }}.anchor})
        )
{%- endmacro %}

{#- First valid order after the anchor, for the journeys whose goal it is. -#}
{% macro orders_since(anchors, orders) -%}
    select
        {{ anchors }}.journey,
        {{ anchors }}.customer_id,
        {{ anchors }}.anchor,
        min({{ orders }}.ordered_at) as order_since_at
    from {{ anchors }}
    inner join {{ orders }}
        on {{ anchors }}.customer_id = {{ orders }}.customer_id
        and {{ orders }}.ordered_at > {{ anchors }}.anchor_at
    where {{ anchors }}.goal = 'order_since_anchor' and {{ orders }}.is_valid
    group by {{ anchors }}.journey, {{ anchors }}.customer_id, {{ anchors }}.anchor
{%- endmacro %}
