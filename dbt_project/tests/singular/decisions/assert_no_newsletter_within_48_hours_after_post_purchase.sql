{{ config(severity='error', meta={'dagster': {'ref': {'name': 'fct_contact_decisions'}}}) }}

-- Somebody who has just bought is left in peace by newsletters, too.
with touches as ({{ post_purchase_and_newsletter_touches() }})

select newsletter.customer_id, newsletter.touch_key, purchase.touch_key as post_purchase_touch_key
from touches as newsletter
inner join
    touches as purchase
    on newsletter.customer_id = purchase.customer_id
    and purchase.sent_at > newsletter.sent_at - interval '{{ var("post_purchase_quiet_hours", 48) }} hours'
    and purchase.sent_at <= newsletter.sent_at
where newsletter.is_new and newsletter.class = 'newsletter' and purchase.class = 'post_purchase'
