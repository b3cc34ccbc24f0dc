-- Every time the customer id of a source record changed, and how. A run compares with what earlier days
-- recorded and writes its own day only, so that running a day again changes no other.
{{
    config(
        materialized='incremental',
        incremental_strategy='append',
        on_schema_change='append_new_columns',
        pre_hook="{{ forget_day('changed_on') }}",
    )
}}
with
    persons as (select record_id, customer_id from {{ ref('int_identity__persons') }}),
    before as (
        {% if is_incremental() -%}
            select record_id, arg_max(customer_id, changed_on) as customer_id
            from {{ this }}
            where changed_on < {{ run_date() }}
            group by record_id
        {%- else -%}select record_id, customer_id from persons where false
        {%- endif %}
    ),
    changed as (
        select persons.record_id, persons.customer_id, before.customer_id as previous_customer_id
        from persons
        left join before using (record_id)
        where persons.customer_id is distinct from before.customer_id
    ),
    -- Of ids that a record left: who else has them, and where their records went.
    still_there as (
        select distinct customer_id
        from persons
        where customer_id in (select previous_customer_id from changed)
    ),
    moved_to as (
        select before.customer_id as previous_customer_id, count(distinct persons.customer_id) as n_customers
        from before
        join persons using (record_id)
        where before.customer_id in (select previous_customer_id from changed)
        group by before.customer_id
    ),
    final as (
        select
            changed.record_id,
            changed.customer_id,
            changed.previous_customer_id,
            case
                when changed.previous_customer_id is null
                then 'new'
                when moved_to.n_customers > 1 or still_there.customer_id is not null
                then 'split'
                else 'merge'
            end as change,
            {{ run_date() }} as changed_on
        from changed
        left join moved_to using (previous_customer_id)
        left join still_there on still_there.customer_id = changed.previous_customer_id
    )
select *
from final
