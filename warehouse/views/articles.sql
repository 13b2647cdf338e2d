-- The newest article of each page. A page is known by its URL, or by its `page_id` when it has none.
-- A page whose newest capture was rejected keeps its last article here, and is in `rejections` too.
-- Ties on the time go to the greater `page_id`. For the join see `page_versions`.
select page_rows.* exclude (filename) replace (newest.url as url)
from page_rows
join (
    select url, max({'fetched_at': fetched_at, 'page_id': page_id, 'filename': filename}) as capture
    from page_rows
    where status = 'article'
    group by url, case when url is null then page_id end
) as newest on page_rows.page_id = newest.capture.page_id and page_rows.filename = newest.capture.filename
where page_rows.status = 'article'
