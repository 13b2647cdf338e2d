-- One row per site, over the newest capture of each of its pages; pages without a URL share the row without a site.
-- Lengths, shares and missing fields are those of its articles; `first_seen_at` is over all captures.
with newest as (
    select
        min(fetched_at) as first_seen_at,
        max({
            'fetched_at': fetched_at,
            'page_id': page_id,
            'filename': filename,
            'site': site,
            'is_article': status = 'article',
            'extracted_chars': extracted_chars,
            'kept_chars': kept_chars,
            'has_title': title is not null,
            'has_date': published_at is not null
        }) as capture
    from page_rows
    group by url, case when url is null then page_id end
)
select
    capture.site as site,
    count(*) as page_count,
    count(*) filter (capture.is_article) as article_count,
    count(*) filter (not capture.is_article) as rejected_count,
    article_count / page_count as yield,
    median(capture.kept_chars) filter (capture.is_article) as median_kept_chars,
    1 - sum(capture.kept_chars) filter (capture.is_article)
        / nullif(sum(capture.extracted_chars) filter (capture.is_article), 0) as share_removed,
    count(*) filter (capture.is_article and not capture.has_title) as missing_title_count,
    count(*) filter (capture.is_article and not capture.has_date) as missing_date_count,
    min(first_seen_at) as first_seen_at,
    max(capture.fetched_at) as last_seen_at
from newest
group by capture.site
