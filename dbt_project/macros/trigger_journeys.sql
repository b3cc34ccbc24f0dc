{#- What a journey says about its trigger, as the kinds' models ask for it. -#}

{#- The journeys of some kinds, with what every kind needs of them. -#}
{% macro journeys_of(kinds) -%}
    select * from {{ ref('int_triggers__journeys') }} where trigger_kind in ('{{ kinds | join("', '") }}')
{%- endmacro %}

{#- One parameter of a journey's trigger. -#}
{% macro trigger_param(name, type='varchar', relation=none) -%}
    cast({{ json_text((relation ~ '.' if relation else '') ~ 'trigger_params', '$.' ~ name) }} as {{ type }})
{%- endmacro %}

{#- Whether a value is in a list of the journey's trigger; every value is, where the list is missing or empty. -#}
{% macro in_trigger_list(value, list='groups', relation='journeys') -%}
    {%- set path = '$.' ~ list -%}
    (
        len({{ json_text_list(relation ~ '.trigger_params', path) }}) = 0
        or list_contains({{ json_text_list(relation ~ '.trigger_params', path) }}, {{ value }})
    )
{%- endmacro %}
