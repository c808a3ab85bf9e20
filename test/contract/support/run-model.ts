import { micros, minimumFee } from "#core/domain/money.ts";

export const MODEL = { lease: 120, timebox: 100, grace: 30, max_attempts: 2, max_open: 3, funds: 60_000 } as const;
const MAX_HAND_BACKS = 5;

/** A run as PROTOCOL.md says that it lives, in plain words; times in seconds. */
export interface ModelRun {
  readonly run_id: string;
  readonly idempotency_key: string;
  readonly payload: string;
  readonly reserved: number;
  status: "QUEUED" | "PROCESSING" | "COMPLETED" | "FAILED" | "CANCELED";
  stage: "CLAIMED" | "COMMITTED" | null;
  money: "RESERVED" | "SETTLED" | "REFUNDED" | "AUDIT_REQUIRED";
  version: number;
  attempt: number;
  uncounted_requeues: number;
  cancel_requested: boolean;
  lease_token: string | null;
  lease_until: number | null;
  finalize_token: string | null;
  started: number | null;
  claimed: number | null;
  charged: number | null;
  reason: string | null;
  transfers: Record<string, number>;
  /** Tokens that it bore once. */
  readonly past: string[];
}

export type Submitted = "inserted" | "existing" | "conflict" | "insufficient" | "too-many-open";

/** One tenant's runs and money. Every method says what the step answers; where it loses, nothing has changed. */
export class RunModel {
  readonly runs: ModelRun[] = [];
  readonly balance = { granted: MODEL.funds, charged: 0, reserved: 0, available: MODEL.funds as number, open_runs: 0 };
  now: number;

  constructor(now: number) {
    this.now = now;
  }

  submit(wish: Pick<ModelRun, "run_id" | "idempotency_key" | "payload" | "reserved">): Submitted {
    const found = this.runs.find((run) => run.idempotency_key === wish.idempotency_key);
    if (found !== undefined) return found.payload === wish.payload ? "existing" : "conflict";
    if (this.balance.available < wish.reserved) return "insufficient";
    if (this.balance.open_runs >= MODEL.max_open) return "too-many-open";
    this.runs.push({
      ...wish,
      status: "QUEUED",
      stage: null,
      money: "RESERVED",
      version: 1,
      attempt: 0,
      uncounted_requeues: 0,
      cancel_requested: false,
      lease_token: null,
      lease_until: null,
      finalize_token: null,
      started: null,
      claimed: null,
      charged: null,
      reason: null,
      transfers: { RESERVE: wish.reserved },
      past: [],
    });
    this.balance.available -= wish.reserved;
    this.balance.reserved += wish.reserved;
    this.balance.open_runs += 1;
    return "inserted";
  }

  claim(run: ModelRun, token: string): boolean {
    const expired = run.status === "PROCESSING" && this.#hasExpired(run) && this.#hasAttempts(run);
    if (run.money !== "RESERVED" || run.stage !== null || !(run.status === "QUEUED" || expired)) return false;
    if (run.lease_token !== null) run.past.push(run.lease_token);
    run.status = "PROCESSING";
    run.attempt += 1;
    run.lease_token = token;
    run.lease_until = this.now + MODEL.lease;
    run.started = this.now;
    return moved(run);
  }

  heartbeat(run: ModelRun, token: string): boolean {
    if (!isLeased(run, token)) return false;
    run.lease_until = Math.min(this.now + MODEL.lease, (run.started ?? 0) + MODEL.timebox + MODEL.grace);
    return moved(run);
  }

  beginFinalize(run: ModelRun, token: string, finalize_token: string): boolean {
    if (!isLeased(run, token)) return false;
    run.stage = "CLAIMED";
    run.finalize_token = finalize_token;
    run.claimed = this.now;
    return moved(run);
  }

  requeueUncounted(run: ModelRun, token: string): boolean {
    if (!isLeased(run, token) || run.uncounted_requeues >= MAX_HAND_BACKS) return false;
    run.uncounted_requeues += 1;
    return this.#requeue(run);
  }

  requeueExpired(run: ModelRun, token: string): boolean {
    return isLeased(run, token) && this.#hasExpired(run) && this.#hasAttempts(run) && this.#requeue(run);
  }

  failExpired(run: ModelRun, token: string): boolean {
    if (!isLeased(run, token) || !this.#hasExpired(run) || this.#hasAttempts(run)) return false;
    return this.#close(run, "FAILED", 0, "LEASE_EXPIRED");
  }

  /** W2 to FAILED. */
  fail(run: ModelRun, token: string, charge: number): boolean {
    return isLeased(run, token) && this.#close(run, "FAILED", charge, "PACK_CRASHED");
  }

  /** W5, and the roll forward. */
  complete(run: ModelRun, token: string, charge: number): boolean {
    return isClaimed(run, token) && this.#close(run, "COMPLETED", charge, null);
  }

  rollBack(run: ModelRun, token: string): boolean {
    return isClaimed(run, token) && !run.cancel_requested && this.#requeue(run);
  }

  /** After a tombstone, with no attempt to follow. */
  bury(run: ModelRun, token: string): boolean {
    if (!isClaimed(run, token)) return false;
    return run.cancel_requested
      ? this.#close(run, "CANCELED", feeOf(run), "CANCELED")
      : this.#close(run, "FAILED", 0, "LEASE_EXPIRED");
  }

  freeze(run: ModelRun, token: string): boolean {
    if (!isClaimed(run, token)) return false;
    run.money = "AUDIT_REQUIRED";
    return moved(run);
  }

  cancel(run: ModelRun): string {
    if (run.status === "CANCELED") return "already-canceled";
    if (run.status !== "QUEUED" && run.status !== "PROCESSING") return "already-terminal";
    if (run.money === "AUDIT_REQUIRED") return "frozen";
    if (run.stage === null) {
      this.#close(run, "CANCELED", run.status === "QUEUED" ? 0 : feeOf(run), "CANCELED");
      return "canceled";
    }
    if (!run.cancel_requested) moved(run);
    run.cancel_requested = true;
    return "requested";
  }

  #hasExpired(run: ModelRun): boolean {
    return (run.lease_until ?? 0) < this.now;
  }

  #hasAttempts(run: ModelRun): boolean {
    return run.attempt - run.uncounted_requeues < MODEL.max_attempts;
  }

  #requeue(run: ModelRun): boolean {
    for (const token of [run.lease_token, run.finalize_token]) if (token !== null) run.past.push(token);
    run.status = "QUEUED";
    run.stage = run.lease_token = run.lease_until = run.finalize_token = run.started = run.claimed = null;
    return moved(run);
  }

  #close(run: ModelRun, status: "COMPLETED" | "FAILED" | "CANCELED", charge: number, reason: string | null): boolean {
    if (run.lease_token !== null) run.past.push(run.lease_token);
    run.status = status;
    run.stage = status === "COMPLETED" ? "COMMITTED" : null;
    run.money = charge > 0 ? "SETTLED" : "REFUNDED";
    run.charged = charge;
    run.reason = reason;
    run.lease_token = run.lease_until = run.claimed = null;
    const refund = run.reserved - charge;
    if (charge > 0) run.transfers["CHARGE"] = charge;
    if (refund > 0) run.transfers["REFUND"] = refund;
    this.balance.reserved -= run.reserved;
    this.balance.charged += charge;
    this.balance.available += refund;
    this.balance.open_runs -= 1;
    return moved(run);
  }
}

const feeOf = (run: ModelRun): number => minimumFee(micros(run.reserved), micros(run.reserved));

const isLeased = (run: ModelRun, token: string): boolean =>
  run.money === "RESERVED" && run.status === "PROCESSING" && run.stage === null && run.lease_token === token;

const isClaimed = (run: ModelRun, token: string): boolean =>
  run.money === "RESERVED" && run.status === "PROCESSING" && run.stage === "CLAIMED" && run.finalize_token === token;

function moved(run: ModelRun): true {
  run.version += 1;
  return true;
}
