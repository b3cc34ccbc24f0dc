-- Kinds persona_changed (moved into one of some personas) and win_back (slipped into a later stage). A
-- change is the difference between two snapshots that follow each other; it holds while the customer is
-- still there.
with
    journeys as (
        select
            *,
            {{ trigger_param('stage') }} as stage,
            coalesce({{ trigger_param('measured') }}, 'relative') as measured,
            {{ json_text_list('trigger_params', '$.from') }} as from_personas,
            {{ json_text_list('trigger_params', '$.to') }} as to_personas
        from ({{ journeys_of(['persona_changed', 'win_back']) }})
    ),

    snapshots as not materialized(
        -- Snapshots lie at most a week apart: one before the first that matters is among them.
        select snapshot_on, customer_id, persona, stage, absolute_stage
        from {{ ref('fct_customer_rfm') }}
        where
            snapshot_on <= {{ run_date() }}
            and snapshot_on >= (select {{ local_day('min(journeys.history_from)') }} from journeys) - 8
    ),

    customers as (select * from {{ ref('dim_customers') }}),

    newest as (select * from snapshots where snapshot_on = (select max(snapshot_on) from snapshots)),

    -- Nearly everybody stays where they are: then every snapshot says what the newest one does. Only the rest
    -- are looked at in order.
    movers as (
        select snapshots.customer_id
        from snapshots
        left join newest using (customer_id)
        where
            newest.customer_id is null
            or snapshots.persona is distinct from newest.persona
            or snapshots.stage is distinct from newest.stage
            or snapshots.absolute_stage is distinct from newest.absolute_stage
    ),

    changes as (
        select
            *,
            lag(persona) over in_order as old_persona,
            lag(stage) over in_order as old_stage,
            lag(absolute_stage) over in_order as old_absolute_stage
        from snapshots
        semi join movers using (customer_id)
        window in_order as (partition by customer_id order by snapshot_on)
        qualify old_persona <> persona or old_stage <> stage or old_absolute_stage <> absolute_stage
    ),

    moves as (
        select
            journeys.*,
            changes.customer_id,
            changes.snapshot_on,
            case
                journeys.trigger_kind
                when 'persona_changed'
                then changes.old_persona
                when 'win_back'
                then if(journeys.measured = 'absolute', changes.old_absolute_stage, changes.old_stage)
            end as moved_from,
            case
                journeys.trigger_kind
                when 'persona_changed'
                then changes.persona
                when 'win_back'
                then if(journeys.measured = 'absolute', changes.absolute_stage, changes.stage)
            end as moved_to
        from journeys
        inner join changes on {{ local_instant('changes.snapshot_on') }} >= journeys.history_from
    ),

    anchors as (
        select
            moves.* exclude (stage),
            'persona:'
            || lower(replace(moved_from, ' ', '_'))
            || ':'
            || lower(replace(moved_to, ' ', '_'))
            || ':'
            || strftime(snapshot_on, '%Y-%m-%d') as anchor,
            {{ local_instant('snapshot_on') }} as anchor_at,
            snapshot_on as received_on
        from moves
        where
            moved_from <> moved_to
            and case
                trigger_kind
                when 'persona_changed'
                then
                    list_contains(to_personas, moved_to)
                    and (len(from_personas) = 0 or list_contains(from_personas, moved_from))
                else moved_to = stage and (stage = 'inactive' or moved_from = 'active')
            end
    ),

    entered as ({{ entered_anchors('anchors') }}),

    final as (
        {{ trigger_columns(
            evidence={
                'from': 'entered.moved_from', 'to': 'entered.moved_to', 'snapshot_on': 'entered.snapshot_on'
            },
            still_holds="""
                case
                    when entered.trigger_kind = 'persona_changed' then customers.persona
                    when entered.measured = 'absolute' then customers.absolute_stage
                    else customers.stage
                end = entered.moved_to""",
        ) }}
        -- Snapshots keep the id under which they were taken: of somebody merged since, the person's own
        -- remain.
        inner join customers on entered.customer_id = customers.customer_id
    )

select *
from final
