-- The operator's switch.
-- Always one row.
SELECT mode, updated_at FROM operator_switch
