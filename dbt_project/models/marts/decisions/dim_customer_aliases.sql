-- Ids that customers had before their records turned out to be one person's, and the id they have now.
{{ config(materialized='view') }}

select past_customer_id, customer_id
from {{ ref('int_identity__aliases') }}
where past_customer_id <> customer_id
