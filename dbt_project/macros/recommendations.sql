{#- What goes together, counted once for the daily slots and for their evaluation. -#}

{#-
  For each product of `seeds` (product_id): the products found with it in the same unit (a basket, or all that one
  customer bought), one row per pair: product_id, recommended_product_id, n_together (units with both) and n_units (units
  with the recommended one). `bought` holds unit_id, product_id, each pair once or more; `products` every product_id. Units of
  more than `max_products` products say little and cost the square of it; what stands in fewer than `min_units` units is too
  rare to be recommended. Only the seeds' units are paired: pairs of a whole catalogue are hundreds of times as many.

  Numbers stand for units and products while these are counted, since texts cost several times as much to compare and to
  keep in memory. They mean nothing outside and never leave.
-#}
{% macro bought_together(bought, products, seeds, sellable, max_products, min_units=1) -%}
    with
        product_numbers as (
            select product_id, cast(row_number() over (order by product_id) as integer) as product from {{ products }}
        ),
        lines as (
            select bought.unit_id, product_numbers.product
            from {{ bought }} as bought
            join product_numbers using (product_id)
        ),
        unit_numbers as (
            select unit_id, cast(row_number() over () as integer) as unit
            from (select distinct unit_id from lines) as unit_ids
        ),
        held as materialized (
            -- From here on only numbers; given once, as every reader must see the same ones.
            select distinct unit_numbers.unit, lines.product from lines join unit_numbers using (unit_id)
        ),
        sizes as (select unit, count(*) as n_products from held group by unit),
        seed_numbers as (select product from product_numbers semi join {{ seeds }} as seeds using (product_id)),
        seeded as (
            select held.unit, held.product
            from held
            semi join seed_numbers using (product)
            join sizes using (unit)
            where sizes.n_products between 2 and {{ max_products }}
        ),
        sellable_numbers as (
            select product from product_numbers semi join {{ sellable }} as sellable using (product_id)
        ),
        units as (
            select product, count(*) as n_units
            from held
            semi join sellable_numbers using (product)
            group by product
            having count(*) >= {{ min_units }}
        ),
        others as (select held.unit, held.product from held semi join units using (product)),
        pairs as (
            select seeded.product, others.product as other_product, count(*) as n_together
            from seeded
            join others using (unit)
            where others.product <> seeded.product
            group by seeded.product, others.product
        )
    select
        seed_names.product_id, other_names.product_id as recommended_product_id, pairs.n_together, units.n_units
    from pairs
    join units on units.product = pairs.other_product
    join product_numbers as seed_names on seed_names.product = pairs.product
    join product_numbers as other_names on other_names.product = pairs.other_product
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
