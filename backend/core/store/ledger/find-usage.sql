-- What the runs of the tenant whose API key this is add up to, by the day on which they closed.
-- $1 key sha256 hex  $2 first day  $3 last day  $4 day, pack or key
-- Zero rows: no such key. One row whose `runs` is null: no run was closed on those days.
SELECT * FROM find_usage(decode($1, 'hex'), $2::date, $3::date, $4)
