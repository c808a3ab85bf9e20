import { z } from "zod";
import type { Added, UsageAmounts } from "../../domain/ledger-totals.ts";
import type { Db } from "../../ports/db.ts";
import { counter, only } from "../columns.ts";
import { fn } from "../fn.ts";
import findSql from "./find-audit-checkpoint.sql";

const sum = z
  .string()
  .regex(/^-?\d{1,30}$/)
  .transform((text) => BigInt(text));
const sums = { given: sum, taken_back: sum, reserve: sum, charge: sum, refund: sum };
const byName = <T extends z.ZodType>(value: T) =>
  z.record(z.string(), value).transform((found) => new Map(Object.entries(found) as [string, z.output<T>][]));

const checkpoint = z
  .object({
    version: z.string(),
    through: z.string(),
    before: z.string(),
    day: z.string(),
    transfers: counter,
    ...sums,
    lines: byName(z.array(sum).length(6)),
    capped: byName(sum),
    full_due: z.boolean(),
  })
  .transform(({ version, full_due, given, taken_back, reserve, charge, refund, ...settled }) => ({
    version,
    full_due,
    settled: { ...settled, added: { given, taken_back, reserve, charge, refund } },
  }));

/** All that the settled transfers and closed runs of a tenant add up to. */
export interface Settled {
  /** The last transfer that is in; "0": none. */
  readonly through: string;
  /** The moment before which every run that finished is in (text), and its day (UTC). */
  readonly before: string;
  readonly day: string;
  readonly transfers: number;
  readonly added: Added;
  /** By "day pack key"; of a checkpoint only those of its own day. */
  readonly lines: ReadonlyMap<string, UsageAmounts>;
  /** What capped runs were charged, by key. */
  readonly capped: ReadonlyMap<string, bigint>;
}

export interface Checkpoint {
  readonly version: string;
  readonly settled: Settled;
  /** It is so long ago that all was added up from the beginning that it must be again. */
  readonly full_due: boolean;
}

/** Undefined: no checkpoint, and the audit begins at the beginning. */
export async function findCheckpoint(db: Db, tenant_id: string, full_seconds: number): Promise<Checkpoint | undefined> {
  return only(
    (await db.query({ name: "find-audit-checkpoint", text: findSql }, [tenant_id, full_seconds])).map((row) =>
      checkpoint.parse(row),
    ),
  );
}

/** Records the sums of an audit that found no difference and began from a checkpoint, or (undefined) from the beginning. */
export async function noteCheckpoint(
  db: Db,
  tenant_id: string,
  { through, before, day, transfers, added, lines, capped }: Settled,
  from: Checkpoint | undefined,
): Promise<void> {
  const ofItsDay = [...lines]
    .filter(([name]) => name.startsWith(day))
    .map(([name, figures]) => [name, figures.map(String)]);
  await fn(db, "note_audit_checkpoint", {
    tenant_id,
    from: from?.version ?? null,
    through_transfer: through,
    before,
    transfers,
    given: String(added.given),
    taken_back: String(added.taken_back),
    reserve: String(added.reserve),
    charge: String(added.charge),
    refund: String(added.refund),
    lines: JSON.stringify(Object.fromEntries(ofItsDay)),
    capped: JSON.stringify(Object.fromEntries([...capped].map(([key_id, micros]) => [key_id, String(micros)]))),
  });
}

export async function dropCheckpoint(db: Db, tenant_id: string, version: string): Promise<void> {
  await fn(db, "drop_audit_checkpoint", [tenant_id, version]);
}
