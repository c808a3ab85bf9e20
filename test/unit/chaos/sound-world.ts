import type {
  Balance,
  BalanceState,
  Evidence,
  FinalRun,
  StoredObject,
  Transfer,
} from "../../tools/chaos/checker/evidence.ts";
import type { Event } from "../../tools/chaos/history.ts";
import {
  acceptedAs,
  ADA,
  BOB,
  BOBS_RUN,
  budgetAt,
  FAILED_RUN,
  grantAt,
  KEY_OF_RUN,
  keyOf,
  lookAt,
  probeAt,
  refusedWith,
  resultAt,
  RUN,
  submitAt,
} from "./history-events.ts";

/** Everything of a tampered copy may be changed. */
type Mutable<T> = T extends readonly (infer E)[]
  ? Mutable<E>[]
  : T extends ReadonlyMap<infer K, infer V>
    ? Map<K, V>
    : T extends ReadonlySet<infer V>
      ? Set<V>
      : T extends object
        ? { -readonly [K in keyof T]: Mutable<T[K]> }
        : T;

export interface CheckedWorld {
  evidence: Mutable<Evidence>;
  history: Event[];
}

const transfer = (tenant_id: string, kind: string, amount: number, run_id: string | null): Transfer => {
  const [debit, credit] = {
    GRANT: ["funding", "available"],
    RESERVE: ["available", "reserved"],
    CHARGE: ["reserved", "revenue"],
    REFUND: ["reserved", "available"],
  }[kind] as [string, string];
  return { tenant_id, kind, amount, run_id, grant_id: run_id === null ? `grant-${tenant_id}` : null, debit, credit };
};
const run = (run_id: string, tenant_id: string, more: Partial<FinalRun>): FinalRun => ({
  run_id,
  tenant_id,
  key_id: keyOf(tenant_id),
  key_capped: false,
  idempotency_key: KEY_OF_RUN,
  payload_sha256: "payload",
  status: "COMPLETED",
  money_state: "SETTLED",
  reserved: 50_000,
  minimum_fee: 5_000,
  charged: 11_000,
  result_attempt: 1,
  result_sha256: "sum",
  endings: 1,
  ...more,
});
const object = (tenant_id: string, run_id: string): StoredObject => ({
  key: `results/${tenant_id}/${run_id}/1.json`,
  tombstone: false,
  sha256: "sum",
  stated_sha256: "sum",
  cost: 11_000,
});
const balance = (tenant_id: string, charged: number): Balance => ({
  tenant_id,
  granted: 100_000,
  charged,
  reserved: 0,
  available: 100_000 - charged,
  open_runs: 0,
});
/** The states of one run after another, each reserved and closed 20 ms after. */
function statesOf(tenant_id: string, runs: readonly (readonly [run_id: string, charge: number, ms: number])[]) {
  let available = 100_000;
  const states: Omit<BalanceState, "seq">[] = [];
  const keep = (cause: string, kind: string | null, reserved: number, ms: number) =>
    states.push({
      tenant_id,
      available,
      reserved,
      open_runs: reserved > 0 ? 1 : 0,
      causes: [cause],
      kind,
      at: 1_000_000 + ms,
    });
  states.push({ tenant_id, available: 0, reserved: 0, open_runs: 0, causes: [], kind: null, at: 1_000_000 });
  keep(`grant-${tenant_id}`, "GRANT", 0, 5);
  for (const [run_id, charge, ms] of runs) {
    available -= 50_000;
    keep(run_id, "RESERVE", 50_000, ms);
    available += 50_000 - charge;
    keep(run_id, "REFUND", 0, ms + 20);
  }
  return states;
}

/** Ada has a completed run and a failed one, Bob a completed one; all that was learned is so. */
export function soundWorld(): CheckedWorld {
  const states = [
    ...statesOf(ADA, [
      [RUN, 11_000, 105],
      [FAILED_RUN, 5_000, 205],
    ]),
    ...statesOf(BOB, [[BOBS_RUN, 11_000, 305]]),
  ];
  const evidence: Evidence = {
    balances: [balance(ADA, 16_000), balance(BOB, 11_000)],
    transfers: [
      transfer(ADA, "GRANT", 100_000, null),
      transfer(BOB, "GRANT", 100_000, null),
      ...[RUN, BOBS_RUN].flatMap((run_id) => {
        const tenant_id = run_id === RUN ? ADA : BOB;
        return [
          transfer(tenant_id, "RESERVE", 50_000, run_id),
          transfer(tenant_id, "CHARGE", 11_000, run_id),
          transfer(tenant_id, "REFUND", 39_000, run_id),
        ];
      }),
      transfer(ADA, "RESERVE", 50_000, FAILED_RUN),
      transfer(ADA, "CHARGE", 5_000, FAILED_RUN),
      transfer(ADA, "REFUND", 45_000, FAILED_RUN),
    ],
    runs: [
      run(RUN, ADA, {}),
      run(FAILED_RUN, ADA, {
        idempotency_key: "client-000-000002",
        status: "FAILED",
        charged: 5_000,
        result_attempt: null,
        result_sha256: null,
      }),
      run(BOBS_RUN, BOB, {}),
    ],
    states: states.map((state, seq) => ({ seq, ...state })),
    objects: [object(ADA, RUN), object(BOB, BOBS_RUN), { ...object(ADA, FAILED_RUN), tombstone: true }],
    mirrors: ["redis", "redis-2"].flatMap((shield) => [
      { shield, tenant_id: ADA, available: "84000", open_runs: 0 },
      { shield, tenant_id: BOB, available: "89000", open_runs: 0 },
    ]),
    spending: [{ key_id: "capped", cap: 50_000, committed: 0 }],
    usage: [
      { tenant_id: ADA, runs: 2, completed: 1, failed: 1, canceled: 0, reserved: 100_000, charged: 16_000 },
      { tenant_id: BOB, runs: 1, completed: 1, failed: 0, canceled: 0, reserved: 50_000, charged: 11_000 },
    ],
    findings: [],
    most_open: new Map([
      [ADA, 2],
      [BOB, 2],
    ]),
    restricted: new Set([BOB]),
  };
  const history: Event[] = [
    grantAt(0, ADA),
    grantAt(0, BOB),
    submitAt(100, acceptedAs(RUN)),
    submitAt(120, acceptedAs(RUN, true)),
    submitAt(140, refusedWith(409, "idempotency-conflict"), { payload_sha256: "another" }),
    lookAt(160, RUN, { kind: "ok", status: "COMPLETED", money_state: "SETTLED", charged: 11_000 }),
    resultAt(170, "sum"),
    budgetAt(180, {}),
    // The answer was lost; the run came to be.
    submitAt(200, { kind: "unknown", why: "503" }, { idempotency_key: "client-000-000002" }),
    submitAt(300, acceptedAs(BOBS_RUN), { tenant_id: BOB }),
    probeAt(310, refusedWith(404, "not-found")),
    submitAt(
      320,
      { ...refusedWith(422, "budget-exceeded"), available: 84_000, whose: "tenant" },
      { idempotency_key: "client-000-000003", reserve: 90_000 },
    ),
    submitAt(330, refusedWith(429, "rate-limited")),
  ];
  return { evidence: evidence as CheckedWorld["evidence"], history };
}
