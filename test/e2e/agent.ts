import { eventually } from "../support/eventually.ts";
import { randomUUID } from "node:crypto";
import pg from "pg";
import { z } from "zod";
import type { DemoTenant } from "../dev/demo-tenant.ts";
import type { System } from "../dev/system.ts";

const accepted = z.object({ run_id: z.guid(), status: z.string() });
const run = z.object({
  status: z.enum(["QUEUED", "PROCESSING", "COMPLETED", "FAILED", "CANCELED"]),
  money_state: z.string(),
  attempt: z.number(),
  cost: z.object({ actual_usd: z.string().nullable() }),
  error: z.object({ reason_code: z.string() }).nullable(),
});
export type SeenRun = z.infer<typeof run>;

export const smallDecision = (question = "Tea or coffee?") => ({
  pack_type: "decision",
  max_cost_usd: "0.0500",
  inputs: {
    question,
    mode: "brief",
    options: ["tea", "coffee"],
    criteria: [{ name: "calm", weight: 1, direction: "max" }],
    scores: { tea: { calm: 8 }, coffee: { calm: 3 } },
  },
});

/** A client as an agent would write it: it sends a request again, under the same key, until it knows. */
export function agentOf(system: System, tenant: DemoTenant) {
  const call = (path: string, init: RequestInit = {}) =>
    fetch(`${system.edgeUrl}${path}`, {
      ...init,
      headers: { ...Object.fromEntries(new Headers(init.headers)), authorization: `Bearer ${tenant.api_key}` },
    });

  const post = (body: unknown, idempotency_key: string = randomUUID()) =>
    call("/v1/runs", {
      method: "POST",
      headers: { "content-type": "application/json", "idempotency-key": idempotency_key },
      body: JSON.stringify(body),
    });

  const submit = (body: unknown, idempotency_key: string = randomUUID()): Promise<string> =>
    eventually(async () => {
      const response = await post(body, idempotency_key);
      if (response.status !== 202) throw new Error(`submit answered ${response.status}: ${await response.text()}`);
      return accepted.parse(await response.json()).run_id;
    });

  const look = async (run_id: string): Promise<SeenRun> => {
    const response = await call(`/v1/runs/${run_id}`);
    if (response.status !== 200) throw new Error(`run answered ${response.status}: ${await response.text()}`);
    return run.parse(await response.json());
  };

  const ended = (run_id: string): Promise<SeenRun> =>
    eventually(async () => {
      const now = await look(run_id);
      if (now.status === "QUEUED" || now.status === "PROCESSING") throw new Error(`still ${now.status}`);
      return now;
    });

  return { call, post, submit, look, ended };
}

export interface Totals {
  readonly granted: number;
  readonly charged: number;
  readonly reserved: number;
  readonly available: number;
  readonly open_runs: number;
}

/** The balance of a tenant, and what its ledger adds up to. */
export async function accountOf(
  system: System,
  tenant: DemoTenant,
): Promise<{ balance: Totals; ledger: Omit<Totals, "open_runs"> }> {
  const client = new pg.Client({ connectionString: system.stack.databaseUrl });
  await client.connect();
  try {
    const { rows: balances } = await client.query<Record<keyof Totals, string>>(
      "SELECT granted, charged, reserved, available, open_runs FROM balances WHERE tenant_id = $1",
      [tenant.tenant_id],
    );
    const { rows: transfers } = await client.query<{ debit: string; credit: string; amount: string }>(
      "SELECT debit, credit, sum(amount_micros) AS amount FROM ledger_transfers WHERE tenant_id = $1 GROUP BY 1, 2",
      [tenant.tenant_id],
    );
    const account = (name: string) =>
      transfers.reduce(
        (sum, { debit, credit, amount }) =>
          sum + (credit === name ? Number(amount) : 0) - (debit === name ? Number(amount) : 0),
        0,
      );
    const [balance] = balances;
    if (balance === undefined) throw new Error("no balance");
    return {
      balance: {
        granted: Number(balance.granted),
        charged: Number(balance.charged),
        reserved: Number(balance.reserved),
        available: Number(balance.available),
        open_runs: Number(balance.open_runs),
      },
      ledger: {
        granted: -account("funding"),
        charged: account("revenue"),
        reserved: account("reserved"),
        available: account("available"),
      },
    };
  } finally {
    await client.end();
  }
}
