-- Every capture of every page, one row per `page_id`, articles and rejections alike.
-- While batches are being sealed two files may hold a row: the one whose name sorts last counts.
-- The newest rows are chosen on three narrow columns and joined back, so that texts are read only for rows that are
-- asked for. `url` comes from the chosen side: a filter on it then reaches both scans, on one side as a join filter.
select page_rows.* exclude (filename) replace (chosen.url as url)
from page_rows
join (
    select page_id, url, max(filename) as filename
    from page_rows
    group by page_id, url
) as chosen on page_rows.page_id = chosen.page_id and page_rows.filename = chosen.filename
