-- Every span cut out of the pages in `articles` and `rejections`, one row per span.
-- `removal_index` counts from 1 in the order of the text. OFFSET is a word of SQL: write "offset" in quotes.
select
    page_id, url, site, fetch_date, fetched_at, status, removal_index,
    removal.offset as "offset",
    removal.kind as kind,
    removal.rule_id as rule_id,
    removal.reason as reason,
    round(removal.confidence::double, 3) as confidence,
    removal.text as text,
    length(removal.text) as removed_chars
from (
    select
        page_id, url, site, fetch_date, fetched_at, status,
        unnest(range(1, len(removals) + 1)) as removal_index,
        unnest(removals) as removal
    from (from articles union all from rejections)
)
