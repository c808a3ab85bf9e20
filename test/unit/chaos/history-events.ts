import type { Event, EventOf } from "../../tools/chaos/history.ts";

export const ADA = "00000000-0000-7000-8000-00000000000a";
export const BOB = "00000000-0000-7000-8000-00000000000b";
export const RUN = "00000000-0000-7000-8000-000000000001";
export const FAILED_RUN = "00000000-0000-7000-8000-000000000002";
export const BOBS_RUN = "00000000-0000-7000-8000-000000000003";
export const KEY_OF_RUN = "client-000-000001";
export const keyOf = (tenant_id: string): string => (tenant_id === ADA ? "key-of-ada" : "key-of-bob");

/** A request that began at this millisecond and took ten. */
const at = (ms: number, tenant_id = ADA) => ({
  mono_invoke: ms,
  mono_return: ms + 10,
  wall_invoke: 1_000_000 + ms,
  wall_return: 1_000_010 + ms,
  client: "client-000",
  edge: 0,
  tenant_id,
  key_id: keyOf(tenant_id),
  named: [] as string[],
});

export const submitAt = (
  ms: number,
  outcome: EventOf<"submit">["outcome"],
  more: Partial<EventOf<"submit">> = {},
): EventOf<"submit"> => ({
  op: "submit",
  ...at(ms, more.tenant_id),
  idempotency_key: KEY_OF_RUN,
  payload_sha256: "payload",
  reserve: 50_000,
  outcome,
  ...more,
});
export const refusedWith = (status: number, slug: string) => ({ kind: "refused" as const, status, slug });
export const acceptedAs = (run_id: string, replayed = false) => ({
  kind: "ok" as const,
  run_id,
  replayed,
  status: "QUEUED",
});
export const lookAt = (ms: number, run_id: string, outcome: EventOf<"look">["outcome"]): EventOf<"look"> => ({
  op: "look",
  ...at(ms),
  run_id,
  outcome,
});
export const cancelAt = (ms: number, run_id: string, http: number, status: string): Event => ({
  op: "cancel",
  ...at(ms),
  run_id,
  outcome: { kind: "ok", http, status, charged: null },
});
export const budgetAt = (
  ms: number,
  figures: Partial<Extract<EventOf<"budget">["outcome"], { kind: "ok" }>>,
): Event => ({
  op: "budget",
  ...at(ms),
  outcome: {
    kind: "ok",
    granted: 100_000,
    charged: 11_000,
    reserved: 0,
    available: 89_000,
    open_runs: 0,
    cap: null,
    committed: null,
    ...figures,
  },
});
export const resultAt = (ms: number, body_sha256: string): Event => ({
  op: "result",
  ...at(ms),
  run_id: RUN,
  outcome: { kind: "ok", sha256: "sum", body_sha256, cost: 11_000 },
});
export const probeAt = (ms: number, outcome: EventOf<"probe">["outcome"]): EventOf<"probe"> => ({
  op: "probe",
  ...at(ms),
  path: `/v1/runs/${BOBS_RUN}`,
  outcome,
});
export const clawbackAt = (ms: number, taken: number, more: Partial<EventOf<"clawback">> = {}): Event => ({
  op: "clawback",
  ...at(ms),
  clawback_id: "clawback",
  amount: 1_000,
  outcome: { kind: "ok", taken },
  ...more,
});
export const revokeAt = (ms: number): Event => ({ op: "revoke", ...at(ms), outcome: { kind: "ok" } });
export const grantAt = (ms: number, tenant_id: string): Event => ({
  op: "grant",
  ...at(ms, tenant_id),
  grant_id: `grant-${tenant_id}`,
  amount: 100_000,
  outcome: { kind: "ok" },
});
