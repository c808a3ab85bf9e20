import type { KeyMode } from "../../domain/api-key.ts";
import type { Micros } from "../../domain/money.ts";
import type { Scope } from "../../domain/plan.ts";
import type { Db } from "../../ports/db.ts";
import { only } from "../columns.ts";
import sql from "./create-key.sql";

export interface KeyProperties {
  readonly tenant_id: string;
  readonly name: string;
  readonly mode: KeyMode;
  readonly scopes: readonly Scope[];
  readonly expires_at: Date | undefined;
  readonly submit_per_minute: number | undefined;
  readonly read_per_minute: number | undefined;
  readonly spending_cap: Micros | undefined;
}

/** False: no such tenant. */
export async function createKey(
  db: Db,
  key: KeyProperties & { readonly key_id: string; readonly key_sha256: string },
): Promise<boolean> {
  const rows = await db.query({ name: "create-key", text: sql }, [
    key.key_id,
    key.tenant_id,
    key.key_sha256,
    key.name,
    key.mode,
    key.scopes,
    key.expires_at?.toISOString() ?? null,
    key.submit_per_minute ?? null,
    key.read_per_minute ?? null,
    key.spending_cap === undefined ? null : String(key.spending_cap),
  ]);
  return only(rows) !== undefined;
}
