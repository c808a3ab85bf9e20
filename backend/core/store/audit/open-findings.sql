-- How many findings are open.
-- Always one row.
SELECT count(*) AS findings FROM audit_findings WHERE resolved_at IS NULL
