{#- What the tests on live output share. They guard what is about to leave; what has left is evidence, not a fault. -#}

{#- The message was not handed off by an earlier execution of this run_date. -#}
{% macro not_handed_off(message_id) -%}
    {{ message_id }} not in (select fixed.message_id from {{ ref('int_decisions__handed_off') }} as fixed where fixed.is_fixed)
{%- endmacro %}

{#-
  Touches that left or are about to leave, with the instant of each of their messages, through every id a customer ever
  had: sends of this run (`is_new` unless handed off already) and what the outbox knew when the run started.
-#}
{% macro post_purchase_and_newsletter_touches() -%}
    select
        coalesce(aliases.customer_id, messages.customer_id) as customer_id,
        messages.class,
        {{ touch_key('messages.journey', 'messages.step', 'messages.anchor') }} as touch_key,
        messages.sent_at,
        messages.is_new
    from (
        select customer_id, class, journey, step, anchor, send_at as sent_at, {{ not_handed_off('message_id') }} as is_new
        from {{ ref('fct_contact_decisions') }}
        where run_date = {{ run_date() }} and decision = 'send' and class in ('post_purchase', 'newsletter')
        union all
        select customer_id, class, journey, step, anchor, sent_at, false as is_new
        from {{ ref('stg_outbox__contact_log') }}
        where {{ counts_as_sent('state') }}
            and {{ handed_off_before() }}
            and class in ('post_purchase', 'newsletter')
            and sent_at > {{ as_of() }} - interval '{{ var("post_purchase_quiet_hours", 48) + 24 }} hours'
    ) as messages
    left join ({{ past_ids() }}) as aliases on messages.customer_id = aliases.past_customer_id
{%- endmacro %}
