/** What the CLI answers in JSON, as far as these pages show it. */

export interface Tenant {
  readonly tenant_id: string;
  readonly name: string;
  readonly status: "active" | "suspended" | "closed";
  readonly plan: string | null;
  readonly available_usd: string;
}

export interface Balance extends Tenant {
  readonly reserved_usd: string;
  readonly charged_usd: string;
  readonly granted_usd: string;
  readonly open_runs: number;
}

export interface ListedRun {
  readonly run_id: string;
  readonly pack_type: string;
  readonly status: string;
  readonly money_state: string;
  readonly created_at: string;
  readonly cost: { readonly reserved_usd: string; readonly actual_usd: string | null };
  readonly error: { readonly reason_code: string } | null;
}

export interface Run {
  readonly run: {
    readonly run_id: string;
    readonly tenant_id: string;
    readonly key_id: string;
    readonly idempotency_key: string;
    readonly pack_type: string;
    readonly pack_version: string;
    readonly status: string;
    readonly money_state: string;
    readonly finalize_stage: string | null;
    readonly attempt: number;
    readonly result_sha256: string | null;
    readonly created_at: string;
    readonly started_at: string | null;
    readonly finished_at: string | null;
    readonly result_expires_at: string | null;
    readonly cost: {
      readonly reserved_usd: string;
      readonly actual_usd: string | null;
      readonly minimum_fee_usd: string;
    };
    readonly error: { readonly reason_code: string; readonly detail: string | null } | null;
  };
  readonly ledger: readonly {
    readonly transfer_id: string;
    readonly kind: string;
    readonly debit: string;
    readonly credit: string;
    readonly amount_usd: string;
    readonly created_at: string;
  }[];
}

export interface Key {
  readonly key_id: string;
  readonly name: string;
  readonly mode: string;
  readonly scopes: readonly string[];
  readonly state: "active" | "revoked" | "expired";
  readonly expires_at: string | null;
  readonly spending_cap_usd: string | null;
  readonly committed_usd: string | null;
}

export interface Credit {
  readonly transfer_id: string;
  readonly kind: "GRANT" | "CLAWBACK";
  readonly grant_id: string;
  readonly amount_usd: string;
  readonly created_at: string;
}

export interface Finding {
  readonly finding_id: string;
  readonly tenant_id: string;
  readonly run_id: string | null;
  readonly kind: string;
  readonly subject: string;
  readonly detail: Readonly<Record<string, unknown>>;
  readonly created_at: string;
  readonly status: string | null;
  readonly money_state: string | null;
}

export interface Revenue {
  readonly from: string;
  readonly to: string;
  readonly charged_usd: string;
  readonly lines: readonly {
    readonly day: string;
    readonly pack_type: string;
    readonly runs: number;
    readonly completed: number;
    readonly failed: number;
    readonly canceled: number;
    readonly tenants: number;
    readonly charged_usd: string;
  }[];
}

export interface DeadLetters {
  readonly count: number;
  readonly dead_letters: readonly {
    readonly run_id?: string;
    readonly status?: string;
    readonly bytes?: number;
    readonly sha256?: string;
    readonly times_received: number;
    readonly sent_at: string;
  }[];
}

export interface Switch {
  readonly mode: "normal" | "read-only" | "halt";
  readonly since: string;
}

export interface Actions {
  readonly actions: readonly {
    readonly action_id: string;
    readonly at: string;
    readonly operator: string;
    readonly login: string;
    readonly command: string;
    readonly arguments: Readonly<Record<string, unknown>>;
    readonly reason: string | null;
    readonly outcome: "done" | "refused" | "failed" | null;
    readonly answer: unknown;
  }[];
  readonly next_before: string | null;
}

export interface Plan {
  readonly plan_id: string;
}

/** A run that nothing has ended yet. */
export const isOpenRun = (status: string): boolean => status === "QUEUED" || status === "PROCESSING";

/** Frozen with its money held: only a decision ends it. */
export const awaitsDecision = (status: string | null, money_state: string | null): boolean =>
  money_state === "AUDIT_REQUIRED" && status !== null && isOpenRun(status);
