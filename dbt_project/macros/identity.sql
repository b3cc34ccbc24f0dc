{#- The customer id, the ids it replaced, and what else a person's record is read and shown by. -#}

{#- The customer id that a source record founds: 'c' and 15 hex digits. Never computed in any other way. -#}
{% macro customer_id_of(record_id) -%}
    'c' || substr(md5({{ record_id }}), 1, 15)
{%- endmacro %}

{#-
  Ids that are no longer in use and the id they became. The other ids are their own, so leaving them out keeps the join
  small; whoever joins this falls back on the id itself.
-#}
{% macro past_ids() -%}
    select past_customer_id, customer_id from {{ ref('int_identity__aliases') }} where past_customer_id <> customer_id
{%- endmacro %}

{#- E-mail addresses and numbers on orders of accounts, each once for what was written (most customers write the same on every
    order). A number on an order is read as its account's are. -#}
{% macro written_on_orders(orders, accounts) -%}
    with
        written as (
            select
                account_id, email, phone, min(first_received_on) as first_received_on, max(placed_at) as placed_at
            from {{ orders }}
            where account_id is not null
            group by account_id, email, phone
        ),
        normalised as (
            select
                'webshop:' || written.account_id as record_id,
                written.first_received_on,
                written.placed_at,
                {{ normalise_email('written.email') }} as email,
                {{ normalise_phone('written.phone', 'accounts.country', looked_up='known_number') }} as phone
            from written
            left join {{ accounts }} as accounts using (account_id)
            left join {{ foreign_numbers() }} on {{ is_foreign_number('written.phone', 'accounts.country') }}
        )
    select record_id, 'email' as identifier_kind, email as identifier_value, first_received_on, placed_at
    from normalised
    where email is not null
    union all
    select record_id, 'phone', phone, first_received_on, placed_at
    from normalised
    where phone is not null
{%- endmacro %}

{#- Customers, as customer_id, of records that changed, came, went or moved in this run: those who had them as well. -#}
{% macro customers_of_changed_records() -%}
    {%- set persons = ref('int_identity__persons') -%}
    select previous_customer_id as customer_id
    from {{ affected_keys(persons) }}
    union all
    select customer_id
    from {{ persons }}
    where
        record_id in (
            select record_id from {{ affected_keys(persons) }}
            union all
            select record_id from {{ affected_keys(ref('int_identity__records')) }}
            union all
            select record_id from {{ affected_keys(ref('int_identity__identifiers')) }}
        )
{%- endmacro %}

{#-
  The guest orders among `identifiers`, each with the first order of the same guest (the same mailbox and phone), which
  speaks for all of them: a guest of a hundred orders is a hundred links to the first, not five thousand among themselves.
-#}
{% macro guests(identifiers) -%}
    select
        *,
        first_value(record_id) over (
            partition by mailbox, phone order by first_received_on, record_id
        ) as representative_id
    from (
        select
            record_id,
            first_received_on,
            max(link_value) filter (where identifier_kind = 'email') as mailbox,
            max(link_value) filter (where identifier_kind = 'phone') as phone
        from {{ identifiers }}
        where source = 'webshop_order' and not is_blocked
        group by record_id, first_received_on
    ) as contacts
{%- endmacro %}

{#- Language codes as the templates name them: two letters, Norwegian is nb. -#}
{% macro normalise_language(raw) -%}
    case
        when lower(substr(trim({{ raw }}), 1, 2)) in ('no', 'nb', 'nn') then 'nb'
        else nullif(lower(substr(trim({{ raw }}), 1, 2)), '')
    end
{%- endmacro %}

{#- As much of a shared value as it takes to recognise it: k…@post.no, …567. Descriptions of a person give none. -#}
{% macro value_hint(value, kind) -%}
    case {{ kind }}
        when 'email' then substr({{ value }}, 1, 1) || '…@' || {{ mail_domain(value) }}
        when 'phone' then '…' || right({{ value }}, 3)
        when 'member_id' then {{ value }}
        when 'organisation_number' then {{ value }}
    end
{%- endmacro %}

{#- Whether the rows of a window say two different things; null where none of them says anything. -#}
{% macro says_two_things(value, window) -%}
    min({{ value }}) over {{ window }} <> max({{ value }}) over {{ window }}
{%- endmacro %}
