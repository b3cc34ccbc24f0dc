-- As whom somebody identified in a browser, once and not for every page. So a day more need not read all
-- events that were ever delivered: what was told since is added.
{{ config(
    unique_key=['anonymous_id', 'user_id', 'traits_email'], meta={'carried_by': ['anonymous_id']}
) }}
{% set tracked = ref('stg_tracker__events') %}
{% set since = carried_from() %}
{% set is_claim = 'anonymous_id is not null and (user_id is not null or traits_email is not null)' %}
{% set columns = 'anonymous_id, user_id, traits_email, occurred_at' %}
{%- if since %}
    with
        told as (
            select *
            from ({{ newly_known(tracked, 'occurred_at', since, columns) }}) as fresh
            where {{ is_claim }}
        )
    -- With what these browsers claimed until now: their rows are deleted before they are written anew.
    select {{ columns }}
    from told
    union all
    select {{ columns }}
    from {{ this }}
    semi join told using (anonymous_id) {{ carried_mark() }}
{%- endif %}
with
    events as (
        {%- if since %}select * from {{ affected_keys(this) }}
        {%- else %}select {{ columns }} from {{ tracked }} where {{ is_claim }}
        {%- endif %}
    ),
    final as (
        select
            anonymous_id,
            user_id,
            traits_email,
            {{ normalise_email('traits_email') }} as email,
            min(occurred_at) as occurred_at
        from events
        group by anonymous_id, user_id, traits_email
    )
select *
from final
