-- One row per batch of the pages layer and the versions that made it.
select
    batch_id,
    fetch_date,
    extractor_version,
    rules_version,
    count(*) as page_count,
    count(*) filter (status = 'article') as article_count,
    count(*) filter (status = 'rejected') as rejected_count,
    min(fetched_at) as first_fetched_at,
    max(fetched_at) as last_fetched_at
from page_rows
group by all
