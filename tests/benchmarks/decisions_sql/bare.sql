-- Quarantine and winner alone, as in the list of fastest formulations: cut the log to the window, anti join, arg_min.
with
    recent as (
        select customer_id
        from '{log}'
        where sent_at > {as_of} - interval 48 hours and class = 'post_purchase'
    ),
    open_ones as (from intermediate.int_triggers__anchors anti join recent using (customer_id))
select count(*)
from (select customer_id, arg_min(anchor, (journey, anchor_at, anchor)) from open_ones group by customer_id)
