{#-
  What affects rows of a carried table besides the tables that it reads (what affected keys are: macros/carried.sql):
  - Deliveries: `newly_known(source, …)` gives the rows received since, and those that happened since.
  - Time: what leaves a window (`left_window`), or turns from open to late, between the two days.
  - Customers: macros/affected_customers.sql. What changes for everybody every day stays out of carried tables
    (macros/fading.sql).
-#}

{#- Delivered rows that the run may know and the one of `since` could not: received since, or happened since. -#}
{% macro newly_known(relation, happened, since, columns='*') -%}
    select {{ columns }} from {{ relation }}
    where received_on > {{ day_literal(since) }} and {{ known_as_of(happened) }}
    {%- if happened %}
    union all
    select {{ columns }} from {{ relation }}
    where
        received_on <= {{ day_literal(since) }}
        and {{ happened_since(happened, since) }}
    {%- endif %}
{%- endmacro %}

{#- Delivered by the day of the run, and after `since` where there is one. -#}
{% macro delivered_since(received_on, since) -%}
    {{ received_on }} <= {{ run_date() }} {%- if since %} and {{ received_on }} > {{ day_literal(since) }} {%- endif %}
{%- endmacro %}

{#- The same where only instants count: between as_of of that day and as_of of this run. -#}
{% macro happened_since(instant, since) -%}
    ({{ instant }} >= {{ local_instant(day_literal(since)) }} and {{ instant }} < {{ as_of() }})
{%- endmacro %}

{#- What was inside a window of so many days before `since` began, and no longer is in this run. -#}
{% macro left_window(instant, days, since) -%}
    (
        {{ instant }} >= {{ local_instant(day_literal(since) ~ ' - ' ~ days) }}
        and {{ instant }} < {{ local_instant(run_date() ~ ' - ' ~ days) }}
    )
{%- endmacro %}

{#-
  Of keys such as 'webshop:17' those of one kind, as their source calls them: 17. A table that has the source's ids is
  looked through by them: putting 'webshop:' before each of its ids costs more than all the rest.
-#}
{% macro ids_of(kind, relation, key) -%}
    select substr({{ key }}, {{ kind | length + 2 }}) from {{ relation }} where starts_with({{ key }}, '{{ kind }}:')
{%- endmacro %}

{#- The rows of a source's table for affected records of one kind; all of them where the table is built whole. -#}
{% macro rows_of_records(relation, kind, id, since) -%}
    {%- if not since -%} {{ return(relation) }} {%- endif -%}
    (select * from {{ relation }} where {{ id }} in ({{ ids_of(kind, affected_keys(this), 'record_id') }}))
{%- endmacro %}

{%- macro day_literal(day) -%} cast('{{ day }}' as date) {%- endmacro %}

{#- Orders, by order_id, of which a line was computed anew in this run. -#}
{% macro orders_of_affected_lines() -%}
    select 'webshop:' || webshop_order_id as order_id
    from {{ affected_keys(ref('stg_webshop__order_lines')) }}
    union all
    select 'pos:' || receipt_id
    from {{ affected_keys(ref('stg_pos__receipt_lines')) }}
{%- endmacro %}

{#- Webshop accounts, as account_id, of which an order was computed anew in this run: whose it was, and whose it is. -#}
{% macro accounts_of_affected_orders() -%}
    {%- set orders = ref('stg_webshop__orders') -%}
    select previous_account_id as account_id
    from {{ affected_keys(orders) }}
    union all
    select account_id
    from {{ orders }}
    semi join {{ affected_keys(orders) }} using (webshop_order_id)
{%- endmacro %}
