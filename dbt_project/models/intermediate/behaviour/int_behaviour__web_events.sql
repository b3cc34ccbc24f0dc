-- The web events of the last days, each in its session and with whose it is. Everything that looks at
-- behaviour on the site reads this bounded table; events are cut to the window before anything is sorted.
{{ config(unique_key='anonymous_id') }}
{% set tracked = ref('stg_tracker__events') %}
{% set persons = ref('int_identity__persons') %}
{% set browsers = ref('int_identity__anonymous_ids') %}
{% set since = carried_from([persons, browsers]) %}
{% set starts_at = local_instant(run_date() ~ ' - ' ~ var('web_history_days')) %}
{% set edge_ends_at = starts_at ~ ' + to_minutes(' ~ var('session_pause_minutes') ~ ')' %}
{% set pause_ms = var('session_pause_minutes') * 60000 %}
{%- if since %}
    {% set started_at = local_instant(day_literal(since) ~ ' - ' ~ var('web_history_days')) %}
    with
        told as ({{ newly_known(tracked, 'occurred_at', since, 'message_id') }}),
        -- At the window's edge: sessions there begin anew, or are not counted any more.
        leaving as (
            select message_id
            from {{ tracked }}
            where occurred_at >= {{ started_at }} and occurred_at < {{ edge_ends_at }}
        ),
        affected as (
            select anonymous_id
            from {{ tracked }}
            where
                occurred_at >= {{ started_at }}
                and (
                    -- Also other browsers that told the same events: of several another one may count now.
                    message_id in (
                        select message_id
                        from told
                        union
                        select message_id
                        from leaving
                    )
                    -- Nearly always browsers of below; not where two accounts signed in at the same instant.
                    or user_id in ({{ ids_of('webshop', affected_keys(persons), 'record_id') }})
                )
            union
            select anonymous_id
            from {{ affected_keys(browsers) }}
        )
        {{ with_former_customers('affected', 'anonymous_id') }} {{ carried_mark() }}
{%- endif %}
with
    recent as (
        select
            message_id,
            event_type,
            event_name,
            anonymous_id,
            user_id,
            occurred_at,
            product_id,
            cart_id,
            duration_s,
            received_on,
            source_line
        from {{ tracked }}
        where
            occurred_at >= {{ starts_at }} and anonymous_id is not null
            {% if since -%}
                -- With what other browsers told under the same ids: only one of them counts.
                and message_id in (
                    select message_id
                    from {{ affected_rows(tracked, 'anonymous_id', since) }} as affected
                    where occurred_at >= {{ starts_at }}
                )
            {%- endif %}
    ),
    single as ({{ first_delivered('recent') | indent(8) }}),
    events as (select * from single {{ only_affected(since, 'anonymous_id') }}),
    persons as (select * from {{ persons }}),
    browsers as (select * from {{ browsers }}),
    neighbours as (
        select
            *,
            {{ epoch_milliseconds('occurred_at') }} as at_ms,
            lag({{ epoch_milliseconds('occurred_at') }}) over in_order as previous_ms,
            lead({{ epoch_milliseconds('occurred_at') }}) over in_order as next_ms
        from events
        window in_order as (partition by anonymous_id order by occurred_at, message_id)
    ),
    started as (
        select
            *,
            max(
                case when previous_ms is null or at_ms - previous_ms > {{ pause_ms }} then occurred_at end
            ) over (partition by anonymous_id order by occurred_at, message_id rows unbounded preceding)
            as session_started_at
        from neighbours
    ),
    sessions as (
        select anonymous_id, session_started_at, arg_max(user_id, (occurred_at, message_id)) as user_id
        from started
        -- What began so near the window's edge may have begun before it: its name would change from run to
        -- run.
        where session_started_at >= {{ edge_ends_at }}
        group by anonymous_id, session_started_at
    ),
    owned as (
        select
            sessions.anonymous_id,
            sessions.session_started_at,
            md5(
                sessions.anonymous_id || '|' || {{ epoch_milliseconds('sessions.session_started_at') }}
            ) as session_id,
            coalesce(persons.customer_id, browsers.customer_id) as customer_id
        from sessions
        left join persons on persons.record_id = 'webshop:' || sessions.user_id
        left join
            browsers
            on browsers.anonymous_id = sessions.anonymous_id
            and {{ is_valid_at('browsers', 'sessions.session_started_at') }}
    ),
    final as (
        select
            started.message_id,
            owned.customer_id,
            started.anonymous_id,
            owned.session_id,
            started.session_started_at,
            started.event_type,
            started.event_name,
            started.occurred_at,
            started.product_id,
            started.cart_id,
            -- What the tracker measured, else the time until the next thing done in the session. The last
            -- page of a session tells nothing.
            coalesce(
                started.duration_s,
                case
                    when started.next_ms - started.at_ms <= {{ pause_ms }}
                    then (started.next_ms - started.at_ms) / 1000.0
                end
            ) as dwell_seconds,
            started.received_on
        from started
        join owned using (anonymous_id, session_started_at)
    )
select *
from final
