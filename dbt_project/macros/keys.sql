{#- Identifiers and buckets: recomputable for any date, in any language (md5 and sha256, never an engine's own hash). -#}

{#- First 32 hex digits of sha256 over v1, tenant and the fields, joined by byte 0x1F. -#}
{% macro hashed_id(fields) -%}
    substr(sha256(concat_ws(chr(31), 'v1', '{{ var("tenant") }}', {{ fields | join(', ') }})), 1, 32)
{%- endmacro %}

{#- A message in the world: one step of one journey on one channel, for one anchor of one customer. -#}
{% macro message_id(journey, step, channel, anchor, customer_id) -%}
    {{ hashed_id([journey, step, channel, anchor, customer_id]) }}
{%- endmacro %}

{#- A touch in the world: the message id without its channel. -#}
{% macro touch_id(journey, step, anchor, customer_id) -%}
    {{ hashed_id([journey, step, anchor, customer_id]) }}
{%- endmacro %}

{#- A touch within its customer: one step of one journey for one anchor, whatever its channels. -#}
{% macro touch_key(journey, step, anchor) -%}
    concat_ws(chr(31), {{ journey }}, {{ step }}, {{ anchor }})
{%- endmacro %}

{#-
  What ALREADY_SENT compares: the anchor, except that somebody joins once. Two club records that turn out to be one
  person leave one of two member ids in the anchor, and must not welcome that person again.
-#}
{% macro sent_once_key(anchor) -%}
    case when starts_with({{ anchor }}, 'date:joined:') then 'date:joined' else {{ anchor }} end
{%- endmacro %}

{#- Bucket 0-9999: first 8 hex digits of md5(salt:customer_id) as an unsigned integer, mod 10 000. -#}
{% macro bucket(salt, customer_id) -%}
    {{ return(adapter.dispatch('bucket')(salt, customer_id)) }}
{%- endmacro %}

{#-
  The salts whose bucket matters to a row of a journey: universal holdout, the journey's own, its experiment. Yields
  rows (journey, salt, kind, n_holdout) from the templates.
-#}
{% macro journey_salts(journeys, experiments, settings) -%}
    select journey, 'holdout:' || {{ settings }}.holdout_epoch as salt, 'universal' as kind, {{ settings }}.holdout_buckets as n_holdout
    from {{ journeys }}
    cross join {{ settings }}
    where class <> 'service' and {{ settings }}.holdout_buckets > 0
    union all
    select journey, journey as salt, 'journey' as kind, holdout_buckets as n_holdout
    from {{ journeys }}
    where class <> 'service' and holdout_buckets > 0
    union all
    -- One experiment at a time per journey: the first by name.
    select journey, min(experiment) as salt, 'experiment' as kind, 0 as n_holdout
    from {{ experiments }}
    group by journey
{%- endmacro %}
