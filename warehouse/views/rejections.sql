-- The newest capture of each page where that capture was rejected, with the reason.
-- A page that yielded an article since is not here; one that yielded an article before is in `articles` too.
select page_rows.* exclude (filename) replace (newest.url as url)
from page_rows
join (
    select
        url,
        max({'fetched_at': fetched_at, 'page_id': page_id, 'filename': filename, 'status': status}) as capture
    from page_rows
    group by url, case when url is null then page_id end
) as newest on page_rows.page_id = newest.capture.page_id and page_rows.filename = newest.capture.filename
where page_rows.status = 'rejected' and newest.capture.status = 'rejected'
