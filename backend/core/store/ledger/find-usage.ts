import { z } from "zod";
import type { Db } from "../../ports/db.ts";
import { type Refused, refusalOf } from "../keys/key-refusal.ts";
import { counter } from "../columns.ts";
import { bytea, fn } from "../fn.ts";

export const usageGroup = z.enum(["day", "pack", "key", "day,pack"]);

export interface UsageRequest {
  /** `YYYY-MM-DD`, UTC; both days are included. */
  readonly from: string;
  readonly to: string;
  readonly group_by: z.infer<typeof usageGroup>;
}

/** A sum of amounts may be more than one amount may be. */
const sum = z.string().regex(/^\d+$/).transform(BigInt);
const line = z.object({
  day: z.string().nullable(),
  pack_type: z.string().nullable(),
  key_id: z.guid().nullable(),
  key_name: z.string().nullable(),
  runs: counter,
  completed: counter,
  failed: counter,
  canceled: counter,
  reserved_micros: sum,
  charged_micros: sum,
});
/** Of the four that name the group, those that do not apply are null. */
export type UsageLine = z.output<typeof line>;

export type FindUsage =
  | Refused
  | {
      readonly kind: "found";
      readonly lines: readonly UsageLine[];
      /** The last day that can gain no more runs. */
      readonly complete_through: string;
    };
const complete = z.object({ complete_through: z.iso.date() });

export async function findUsage(db: Db, key_sha256: string, request: UsageRequest): Promise<FindUsage> {
  const rows = await fn(db, "find_usage", [bytea(key_sha256), request.from, request.to, request.group_by]);
  const refusal = refusalOf(rows[0]);
  if (refusal !== undefined) return refusal;
  const lines = rows.filter((row) => row["runs"] !== null).map((row) => line.parse(row));
  return { kind: "found", lines, ...complete.parse(rows[0]) };
}
