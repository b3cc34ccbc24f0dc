{#- What goes together, counted once for the daily slots and for their evaluation. -#}

{#-
  For each product of `seeds` (product_id): the products found with it in the same unit (a basket, or all that one
  customer bought), one row per pair: product_id, recommended_product_id, n_together (units with both) and n_units (units
  with the recommended one). `bought` holds distinct unit_id, product_id; units of more than `max_products` products say
  little and cost the square of it; what stands in fewer than `min_units` units is too rare to be recommended. Only the seeds' units are paired: pairs of a whole catalogue are hundreds of times
  as many.
-#}
{% macro bought_together(bought, seeds, sellable, max_products, min_units=1) -%}
    with
        sizes as (select unit_id, count(*) as n_products from {{ bought }} group by unit_id),
        seeded as (
            select bought.unit_id, bought.product_id
            from {{ bought }} as bought
            semi join {{ seeds }} as seeds using (product_id)
            join sizes using (unit_id)
            where sizes.n_products between 2 and {{ max_products }}
        ),
        units as (
            select product_id, count(*) as n_units
            from {{ bought }}
            semi join {{ sellable }} as sellable using (product_id)
            group by product_id
            having count(*) >= {{ min_units }}
        ),
        others as (
            select bought.unit_id, bought.product_id
            from {{ bought }} as bought
            semi join seeded using (unit_id)
            semi join units using (product_id)
        ),
        pairs as (
            select seeded.product_id, others.product_id as recommended_product_id, count(*) as n_together
            from seeded
            join others using (unit_id)
            where others.product_id <> seeded.product_id
            group by seeded.product_id, others.product_id
        )
    select pairs.product_id, pairs.recommended_product_id, pairs.n_together, units.n_units
    from pairs
    join units on units.product_id = pairs.recommended_product_id
{%- endmacro %}

{#-
  How strongly one product speaks for another: together, damped by how common the other is anyway (c_ij / n_j^0.25). The
  products of an order add up. Rounded, so that equal sums are equal on every machine.
-#}
{% macro damped_strength(n_together, n_units) -%}
    {{ n_together }} / pow({{ n_units }}, {{ var('bought_together_damping') }})
{%- endmacro %}

{#- The blocks of products that a message may hold; the journeys' schema names the same. -#}
{% macro recommendation_slots() -%}
    {{ return(['also_bought', 'accessories', 'successor', 'matching', 'buy_again']) }}
{%- endmacro %}
