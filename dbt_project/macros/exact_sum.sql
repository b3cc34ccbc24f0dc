{#-
  A sum of fractions that is the same in whatever order threads add them: of binary fractions the last digits would
  differ from run to run. Exact to 12 decimals; a decimal, so that sums of such sums are exact, too.
-#}
{% macro exact_sum(expression) -%} sum(cast({{ expression }} as decimal(28, 12))) {%- endmacro %}
