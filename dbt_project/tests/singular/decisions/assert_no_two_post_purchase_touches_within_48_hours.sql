{{ config(severity='error', meta={'dagster': {'ref': {'name': 'fct_contact_decisions'}}}) }}

-- The promise of the quarantine, tested on what is about to leave together with what has left: whatever
-- the policy file says, no customer gets two post-purchase touches inside it.
with touches as ({{ post_purchase_and_newsletter_touches() }})

select sent_now.customer_id, sent_now.touch_key, other.touch_key as other_touch_key
from touches as sent_now
inner join
    touches as other
    on sent_now.customer_id = other.customer_id
    and sent_now.touch_key <> other.touch_key
    and other.sent_at > sent_now.sent_at - interval '{{ var("post_purchase_quiet_hours", 48) }} hours'
    and other.sent_at < sent_now.sent_at + interval '{{ var("post_purchase_quiet_hours", 48) }} hours'
where sent_now.is_new and sent_now.class = 'post_purchase' and other.class = 'post_purchase'
