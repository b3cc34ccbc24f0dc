-- Every distinct number that the home countries' rules do not settle is read once, by the world's numbering
-- plans; normalise_phone looks it up here. What nobody can have as a number is left out: it stays unusable.
-- A number reads the same on every day, so what was read on any day stays.
{{ config(materialized='incremental', incremental_strategy='append') }}
{% set without_country = [
    ('webshop', 'orders', 'phone', 'true'),
    ('pos', 'customers', 'phone', 'true'),
    ('service', 'cases', 'phone', 'true'),
    ('privacy', 'erasures', 'phone', 'true'),
    ('consent', 'events', 'address', "lower(channel) = 'sms'"),
    ('consent', 'preferences', 'address', "lower(channel) = 'sms'"),
    ('provider', 'events', 'address', "lower(channel) = 'sms'"),
] %}
with
    -- Materialised: conditions on an answer would be asked of every delivered row instead of every number.
    delivered as materialized(
        {% for dataset in ['members', 'accounts'] -%}
            select phone, country
            from {{ source('club' if dataset == 'members' else 'webshop', dataset) }}
            where received_on <= {{ run_date() }} and {{ may_be_foreign('phone', 'country') }}
            union
        {% endfor %}
        {% for source_name, dataset, column, condition in without_country -%}
            select {{ column }}, null
            from {{ source(source_name, dataset) }}
            where received_on <= {{ run_date() }} and {{ condition }} and {{ may_be_foreign(column) }}
            union
        {% endfor -%}
        -- A number on an order is read as its account's are.
        select orders.phone, accounts.country
        from {{ source('webshop', 'orders') }} as orders
        join {{ source('webshop', 'accounts') }} as accounts using (account_id)
        where
            orders.received_on <= {{ run_date() }}
            and accounts.received_on <= {{ run_date() }}
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
    ),
    asked as materialized(
        select dialled, country
        from dialled
        where
            length(dialled) between 6 and 18
            and country not in {{ home_countries() }}
            and not {{ is_home_number('dialled') }}
            {% if is_incremental() -%}
                and not exists (
                    from {{ this }} as earlier
                    where earlier.dialled = dialled.dialled and earlier.country = dialled.country
                )
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
