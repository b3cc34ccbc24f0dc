-- Domains that a letter separates from one with twenty times as many customers: a slip of the pen. It is a
-- matter of all addresses together, so it is made anew every day and compared.
{{ config(unique_key='domain', meta={'compared': ['usual_domain']}) }}
with
    domains as (
        select {{ mail_domain('link_value') }} as domain, count(*) as n_records
        from {{ ref('int_identity__identifiers') }}
        where identifier_kind = 'email' and not is_blocked
        group by domain
    ),
    final as (
        select rare.domain, arg_max(usual.domain, (usual.n_records, usual.domain)) as usual_domain
        from domains as rare
        join
            (select * from domains order by n_records desc, domain limit 50) as usual
            on usual.n_records >= 20 * rare.n_records
            and {{ edit_distance('rare.domain', 'usual.domain') }} = 1
        group by rare.domain
    )
select *
from final
