import { createHash, randomUUID } from "node:crypto";
import { z } from "zod";

const WAIT_SECONDS = 30;
const POLLS = 4;
const REQUEST_MS = 60_000;

const settings = z.object({ DPP_SMOKE_URL: z.url({ protocol: /^https?$/ }), DPP_SMOKE_KEY: z.string().min(1) });
const run = z.object({
  run_id: z.uuid(),
  status: z.string(),
  money_state: z.string(),
  cost: z.object({ actual_usd: z.string().nullable() }),
});
const result = z.object({ data: z.object({ winner: z.string() }) });

const BODY = {
  pack_type: "decision",
  max_cost_usd: "0.0500",
  metadata: { purpose: "smoke" },
  inputs: {
    question: "Does it work?",
    mode: "brief",
    options: ["yes", "no"],
    criteria: [{ name: "works", weight: 1, direction: "max" }],
    scores: { yes: { works: 1 }, no: { works: 0 } },
  },
};

interface Smoke {
  readonly url: string;
  readonly key: string;
}

async function call({ url, key }: Smoke, path: string, init: RequestInit = {}): Promise<Response> {
  const headers = { ...(init.headers as Record<string, string> | undefined), authorization: `Bearer ${key}` };
  const response = await fetch(`${url}${path}`, { ...init, headers, signal: AbortSignal.timeout(REQUEST_MS) });
  if (response.ok) return response;
  throw new Error(`${response.status} for ${init.method ?? "GET"} ${path}: ${(await response.text()).slice(0, 500)}`);
}

/** Buys one run with its key, waits for its end, and checks what it gave. Returns what to say of it. */
export async function smoke(target: Smoke): Promise<string> {
  await call(target, "/readyz");
  const submit = {
    method: "POST",
    headers: { "content-type": "application/json", "idempotency-key": `smoke-${randomUUID()}` },
    body: JSON.stringify(BODY),
  };
  let now = run.parse(await (await call(target, "/v1/runs", submit)).json());
  const path = `/v1/runs/${now.run_id}`;
  for (let poll = 0; poll < POLLS && ["QUEUED", "PROCESSING"].includes(now.status); poll += 1)
    now = run.parse(await (await call(target, path, { headers: { prefer: `wait=${WAIT_SECONDS}` } })).json());
  if (now.status !== "COMPLETED" || now.money_state !== "SETTLED")
    throw new Error(`run ${now.run_id} is ${now.status}, ${now.money_state}`);
  const bytes = new Uint8Array(await (await call(target, `${path}/output`)).arrayBuffer());
  const { sha256 } = z.object({ sha256: z.string() }).parse(await (await call(target, `${path}/result`)).json());
  if (createHash("sha256").update(bytes).digest("hex") !== sha256)
    throw new Error(`run ${now.run_id}: the result is not the one that was promised`);
  const { winner } = result.parse(JSON.parse(new TextDecoder().decode(bytes))).data;
  if (winner !== "yes") throw new Error(`run ${now.run_id}: the result is wrong`);
  return `run ${now.run_id} COMPLETED for ${now.cost.actual_usd ?? "0"} USD`;
}

/** The target that the environment names. Throws with the names of what is missing, and no value. */
export function smokeTarget(env: Readonly<Record<string, string | undefined>>): Smoke {
  const parsed = settings.safeParse(env);
  if (!parsed.success) throw new Error(`invalid: ${parsed.error.issues.map(({ path }) => path.join(".")).join(", ")}`);
  return { url: parsed.data.DPP_SMOKE_URL.replace(/\/$/, ""), key: parsed.data.DPP_SMOKE_KEY };
}
