-- Every id a customer has or ever could have had: each record would have founded its own person before it
-- was joined.
with
    persons as (select * from {{ ref('int_identity__persons') }}),
    final as (select distinct {{ customer_id_of('record_id') }} as past_customer_id, customer_id from persons)
select *
from final
