/** What the stores say at the end; amounts in micros, times in Unix milliseconds. */
export interface Evidence {
  readonly balances: readonly Balance[];
  readonly transfers: readonly Transfer[];
  readonly runs: readonly FinalRun[];
  readonly states: readonly BalanceState[];
  readonly objects: readonly StoredObject[];
  readonly mirrors: readonly Mirror[];
  readonly spending: readonly Spending[];
  readonly usage: readonly Usage[];
  /** What the product's own audit found meanwhile. */
  readonly findings: readonly Finding[];
  /** The most open runs that any plan of the tenant ever allowed. */
  readonly most_open: ReadonlyMap<string, number>;
  /** Tenants whose plan was ever one that refuses work (403). */
  readonly restricted: ReadonlySet<string>;
}

export interface Balance {
  readonly tenant_id: string;
  readonly granted: number;
  readonly charged: number;
  readonly reserved: number;
  readonly available: number;
  readonly open_runs: number;
}

export interface Transfer {
  readonly tenant_id: string;
  readonly run_id: string | null;
  readonly grant_id: string | null;
  readonly kind: string;
  readonly debit: string;
  readonly credit: string;
  readonly amount: number;
}

export interface FinalRun {
  readonly run_id: string;
  readonly tenant_id: string;
  readonly key_id: string;
  readonly key_capped: boolean;
  readonly idempotency_key: string;
  readonly payload_sha256: string;
  readonly status: string;
  readonly money_state: string;
  readonly reserved: number;
  readonly minimum_fee: number;
  readonly charged: number | null;
  readonly result_attempt: number | null;
  readonly result_sha256: string | null;
  /** How many events told of its end. */
  readonly endings: number;
}

/** One state of a tenant's balance, in the order in which the states came; `causes` moved it: runs, or a grant. */
export interface BalanceState {
  readonly seq: number;
  readonly tenant_id: string;
  readonly available: number;
  readonly reserved: number;
  readonly open_runs: number;
  readonly causes: readonly string[];
  readonly kind: string | null;
  /** When it was written; it could be seen from its commit on, soon after. */
  readonly at: number;
}

export interface StoredObject {
  readonly key: string;
  readonly tombstone: boolean;
  /** Of the body as it lies there. */
  readonly sha256: string;
  readonly stated_sha256: string | null;
  readonly cost: number | null;
}

export interface Mirror {
  /** One of each region. */
  readonly shield: string;
  readonly tenant_id: string;
  readonly available: string | null;
  readonly open_runs: number;
}

interface Spending {
  readonly key_id: string;
  readonly cap: number;
  readonly committed: number;
}

/** The days of one tenant, added up. */
interface Usage {
  readonly tenant_id: string;
  readonly runs: number;
  readonly completed: number;
  readonly failed: number;
  readonly canceled: number;
  readonly reserved: number;
  readonly charged: number;
}

interface Finding {
  readonly tenant_id: string;
  readonly run_id: string | null;
  readonly kind: string;
  readonly detail: unknown;
}

export interface Violation {
  /** Which sentence of PROTOCOL.md's section 8, by number and name. */
  readonly rule: string;
  readonly subject: string;
  readonly detail: unknown;
}

export const isFrozen = (run: FinalRun): boolean => run.money_state === "AUDIT_REQUIRED";
export const isOver = (run: FinalRun): boolean => ["COMPLETED", "FAILED", "CANCELED", "EXPIRED"].includes(run.status);

export function groupBy<T>(items: readonly T[], name: (item: T) => string | null): ReadonlyMap<string, readonly T[]> {
  const groups = new Map<string, T[]>();
  for (const item of items) {
    const key = name(item);
    if (key === null) continue;
    const group = groups.get(key);
    if (group === undefined) groups.set(key, [item]);
    else group.push(item);
  }
  return groups;
}
