-- The persona of every cell, once for customers with exactly one order and once for the others.
with
    rules as (select * from {{ ref('personas') }}),
    bands as (select * from {{ ref('frequency_bands') }}),
    cells as (
        select r.r_score, bands.f_score, m.m_score, single.is_single_order
        from (values (1), (2), (3)) as r(r_score)
        cross join bands
        cross join (values (1), (2), (3), (4), (5)) as m(m_score)
        cross join (values (true), (false)) as single(is_single_order)
    ),
    matched as (
        select
            cells.*,
            rules.persona,
            rules.n_orders_exactly is not null as is_exception,
            bool_or(rules.n_orders_exactly is not null) over (
                partition by cells.r_score, cells.f_score, cells.m_score, cells.is_single_order
            ) as has_exception
        from cells
        left join
            rules
            on rules.r_score = cells.r_score
            and cells.f_score + cells.m_score between rules.fm_min and rules.fm_max
            and (rules.n_orders_exactly is null or (rules.n_orders_exactly = 1 and cells.is_single_order))
    ),
    final as (
        select
            r_score,
            f_score,
            m_score,
            is_single_order,
            persona,
            case r_score when 3 then 'active' when 2 then 'lapsed' when 1 then 'inactive' end as stage
        from matched
        where is_exception = has_exception
    )
select *
from final
