import { z } from "zod";
import { scope } from "../../domain/plan.ts";
import type { Db } from "../../ports/db.ts";
import { amount, only } from "../columns.ts";
import { bytea, fn } from "../fn.ts";

const limit = z.number().int().positive();
const microsText = z.string().regex(/^\d{1,16}$/);
const version = z.string().regex(/^\d{1,16}$/);

/** The rates that a key counts against: its own, and those of the keys that created it. */
const limits = z.array(z.object({ id: z.guid(), per_minute: limit }));
const mirroredKey = z.object({
  sha256: z.string().regex(/^[0-9a-f]{64}$/),
  key_id: z.guid(),
  status: z.enum(["active", "revoked"]),
  expires_at_ms: z.string().nullable(),
  scopes: z.array(scope),
  submit_per_minute: limit.nullable(),
  read_per_minute: limit.nullable(),
  submit_limits: limits,
  read_limits: limits,
  version,
});
export type MirroredKey = z.infer<typeof mirroredKey>;

const keySnapshotRow = z.object({ tenant_id: z.guid(), key: mirroredKey });
export type KeySnapshot = z.infer<typeof keySnapshotRow>;

const snapshot = z.object({
  tenant_id: z.guid(),
  available_micros: amount,
  open_runs: z.array(z.object({ run_id: z.guid(), micros: microsText })),
  plan: z.object({
    version,
    submit_per_minute: limit,
    submit_burst: limit,
    read_per_minute: limit,
    read_burst: limit,
    max_open_runs: limit,
    max_cost_micros: microsText,
    pack_types: z.array(z.string()),
  }),
  keys: z.array(mirroredKey),
});
export type TenantSnapshot = z.infer<typeof snapshot>;

/** Undefined: no such tenant. */
export async function tenantSnapshot(db: Db, tenant_id: string): Promise<TenantSnapshot | undefined> {
  return only((await fn(db, "tenant_snapshot", [tenant_id])).map((row) => snapshot.parse(row)));
}

/** With only this one of its keys. Undefined: no such key. */
export async function admissionSnapshot(db: Db, key_sha256: string): Promise<TenantSnapshot | undefined> {
  return only((await fn(db, "admission_snapshot", [bytea(key_sha256)])).map((row) => snapshot.parse(row)));
}

/** Undefined: no such key. */
export async function keySnapshot(db: Db, key_id: string): Promise<KeySnapshot | undefined> {
  return only((await fn(db, "key_snapshot", [key_id])).map((row) => keySnapshotRow.parse(row)));
}

/** Undefined: the tenant of the key that asks has no such key. */
export async function ownKeySnapshot(db: Db, key_sha256: string, key_id: string): Promise<KeySnapshot | undefined> {
  return only((await fn(db, "own_key_snapshot", [bytea(key_sha256), key_id])).map((row) => keySnapshotRow.parse(row)));
}
