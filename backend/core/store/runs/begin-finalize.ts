import { z } from "zod";
import type { Db, Row } from "../../ports/db.ts";
import type { Batch } from "../batch.ts";
import sql from "./begin-finalizes.sql";
import { createRunBatch } from "./run-batch.ts";

const claim = z.object({ seconds: z.number() });

interface Claim {
  readonly run_id: string;
  readonly lease_token: string;
  readonly attempt: number;
  readonly finalize_token: string;
}

export type ClaimBatch = Batch<Claim, Row>;

export const createClaimBatch = (db: Db): ClaimBatch =>
  createRunBatch("finalize_token", (claims: readonly Claim[]) =>
    db.query({ name: "begin-finalizes", text: sql }, [
      claims.map(({ run_id }) => run_id),
      claims.map(({ lease_token }) => lease_token),
      claims.map(({ finalize_token }) => finalize_token),
      claims.map(({ attempt }) => String(attempt)),
    ]),
  );

/** W3. `seconds`: how long the claim stands already, for a repeat under the same token is answered as the first try. */
export async function beginFinalize(
  claims: ClaimBatch,
  { run_id, lease_token, attempt }: Omit<Claim, "finalize_token">,
  finalize_token: string,
): Promise<{ readonly seconds: number } | "lost"> {
  const row = await claims.call({ run_id, lease_token, attempt, finalize_token });
  return row === undefined ? "lost" : { seconds: claim.parse(row).seconds };
}
