-- How the operator's switch stands.
-- Always one row.
SELECT mode, updated_at FROM operator_switch
