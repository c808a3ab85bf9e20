-- The packs that were switched to a part of the tenants.
-- Zero rows: every pack is everybody's whose plan has it.
SELECT pack_type, percent, updated_at FROM pack_rollouts ORDER BY pack_type
