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
