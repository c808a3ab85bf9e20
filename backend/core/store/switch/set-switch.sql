-- The operator's switch: normal, read-only (no new runs) or halt.
-- $1 mode
-- Always one row.
UPDATE operator_switch SET mode = $1, updated_at = wall_clock() RETURNING mode, updated_at
