-- Every distinct number that the home countries' rules do not settle is read by the world's numbering plans;
-- normalise_phone looks it up here. What nobody can have as a number is left out: it stays unusable. A number
-- reads the same on every day, so a day more asks only for what was delivered since, and is not here yet.
{{ config(materialized='table', unique_key=['dialled', 'country']) }}
{% set since = carried_from() %}
{% set without_country = [
    ('webshop', 'orders', 'phone', 'true'),
    ('pos', 'customers', 'phone', 'true'),
    ('service', 'cases', 'phone', 'true'),
    ('privacy', 'erasures', 'phone', 'true'),
    ('consent', 'events', 'address', "lower(channel) = 'sms'"),
    ('consent', 'preferences', 'address', "lower(channel) = 'sms'"),
    ('provider', 'events', 'address', "lower(channel) = 'sms'"),
] %}
{% set asked %}
    with
        -- Materialised: conditions on an answer would be asked of every delivered row instead of every number.
        delivered as materialized(
            {% for source_name, dataset in [('club', 'members'), ('webshop', 'accounts')] -%}
                select phone, country
                from {{ source(source_name, dataset) }}
                where {{ delivered_since('received_on', since) }} and {{ may_be_foreign('phone', 'country') }}
                union
            {% endfor %}
            {% for source_name, dataset, column, condition in without_country -%}
                select {{ column }}, null
                from {{ source(source_name, dataset) }}
                where {{ delivered_since('received_on', since) }} and {{ condition }} and {{ may_be_foreign(column) }}
                union
            {% endfor -%}
            -- A number on an order is read as its account's are: both are known from the later one on.
            select orders.phone, accounts.country
            from {{ source('webshop', 'orders') }} as orders
            join {{ source('webshop', 'accounts') }} as accounts using (account_id)
            where
                {{ delivered_since('greatest(orders.received_on, accounts.received_on)', since) }}
                and {{ is_foreign('accounts.country') }}
            union
            select address, null
            from {{ ref('consent_block_list') }}
            where channel = 'sms' and {{ may_be_foreign('address') }}
        ),
        dialled as materialized(
            select distinct
                {{ dialled_number('phone') }} as dialled, {{ dialled_country('phone', 'country') }} as country
            from delivered
        )
    select dialled, country
    from dialled
    where
        length(dialled) between 6 and 18
        and country not in {{ home_countries() }}
        and not {{ is_home_number('dialled') }}
{% endset %}
{%- if since %}
    {{ asked }} and (dialled, country) not in (select (dialled, country) from {{ this }}) {{ carried_mark() }}
{%- endif %}
with
    asked as materialized(
        {% if since -%}select dialled, country from {{ affected_keys(this) }}
        {%- else -%}{{ asked | indent(8) }}
        {%- endif %}
    ),
    answered as materialized(
        select dialled, country, {{ read_foreign_phone('dialled', 'country') }} as reading from asked
    ),
    final as (
        select dialled, country, reading.phone as phone, reading.is_mobile as is_mobile
        from answered
        where reading is not null
    )
select *
from final
