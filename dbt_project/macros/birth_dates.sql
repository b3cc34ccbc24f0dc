{#-
  Birth dates as they are compared. Two that are written differently are not always two: where only the year is known
  registers write the first of January, and a day up to the twelfth is often taken for the month.
-#}

{% macro is_year_only(birth_date) -%}
    (extract(month from {{ birth_date }}) = 1 and extract(day from {{ birth_date }}) = 1)
{%- endmacro %}

{#- The day in its year, the same for 3 September and 9 March; null where only the year is known. -#}
{% macro birth_day(birth_date) -%}
    case
        when not {{ is_year_only(birth_date) }}
        then
            100 * least(extract(month from {{ birth_date }}), extract(day from {{ birth_date }}))
            + greatest(extract(month from {{ birth_date }}), extract(day from {{ birth_date }}))
    end
{%- endmacro %}

{#- Two people: another year, or another day in it. Not if one is missing or only its year is known. A case and no `and`:
    most pairs bear the same date, and are done with the first comparison. -#}
{% macro birth_dates_contradict(left_date, right_date) -%}
    case
        when {{ left_date }} <> {{ right_date }}
        then
            extract(year from {{ left_date }}) <> extract(year from {{ right_date }})
            or coalesce({{ birth_day(left_date) }} <> {{ birth_day(right_date) }}, false)
        else false
    end
{%- endmacro %}

{#- What a person has only one of (var identity_exclusive), each by the column that is compared in a whole component and
    the guard's name: a birth date is compared by its year and by its day. -#}
{% macro exclusive_keys() -%}
    {%- set keys = {} -%}
    {%- for attribute in var('identity_exclusive') -%}
        {%- if attribute == 'birth_date' -%} {%- do keys.update({'birth_year': attribute, 'birth_day': attribute}) -%}
        {%- else -%} {%- do keys.update({attribute: attribute}) -%}
        {%- endif -%}
    {%- endfor -%}
    {{ return(keys) }}
{%- endmacro %}

{#- Whether two records differ in something that a person has only one of. -#}
{% macro are_exclusive(attribute, left_side, right_side) -%}
    {%- set left_value, right_value = left_side ~ '.' ~ attribute, right_side ~ '.' ~ attribute -%}
    {%- if attribute == 'birth_date' -%} {{ birth_dates_contradict(left_value, right_value) }}
    {%- else -%} {{ left_value }} <> {{ right_value }}
    {%- endif -%}
{%- endmacro %}
