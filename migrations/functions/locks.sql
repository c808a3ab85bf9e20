-- Locks of the product: rows of lock_rows, which only functions of the owner reach. An advisory lock could be taken, and
-- held, by anyone who may connect.

-- Locks the row of that name until the end of the transaction; raises when there is no such row.
CREATE OR REPLACE FUNCTION take_lock_row(p_name text) RETURNS void
LANGUAGE plpgsql VOLATILE SET search_path = public, pg_temp AS $$
BEGIN
  PERFORM FROM lock_rows r WHERE r.name = p_name FOR UPDATE;
  IF NOT FOUND THEN
    RAISE EXCEPTION 'lock_rows has no row "%"', p_name;
  END IF;
END $$;
