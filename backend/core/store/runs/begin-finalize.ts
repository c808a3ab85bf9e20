import { z } from "zod";
import type { Db } from "../../ports/db.ts";
import sql from "./begin-finalize.sql";
import { only } from "../columns.ts";

const claim = z.object({ seconds: z.number() });

/** W3. `seconds`: how long the claim stands already, for a repeat under the same token is answered as the first try. */
export async function beginFinalize(
  db: Db,
  lease: { readonly run_id: string; readonly lease_token: string; readonly attempt: number },
  finalize_token: string,
): Promise<{ readonly seconds: number } | "lost"> {
  const row = only(
    await db.query({ name: "begin-finalize", text: sql }, [
      lease.run_id,
      lease.lease_token,
      finalize_token,
      lease.attempt,
    ]),
  );
  return row === undefined ? "lost" : claim.parse(row);
}
