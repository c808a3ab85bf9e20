import { createHash, randomUUID } from "node:crypto";
import { z } from "zod";
import type { Job } from "../../dev/demo-jobs.ts";
import { until } from "./programs.ts";

const run = z.object({
  run_id: z.string(),
  status: z.string(),
  money_state: z.string(),
  error: z.unknown(),
  cost: z.object({ actual_usd: z.string().nullable() }),
});
const link = z.object({ sha256: z.string() });
const artifact = z.object({ name: z.string(), text: z.string().optional(), base64: z.string().optional() });
const result = z.object({ data: z.unknown(), artifacts: z.array(artifact) });
const budget = z.object({
  granted_usd: z.string(),
  charged_usd: z.string(),
  reserved_usd: z.string(),
  available_usd: z.string(),
});

/** What an API key sees of an edge. */
export interface Buyer {
  readonly edgeUrl: string;
  readonly apiKey: string;
}

async function call({ edgeUrl, apiKey }: Buyer, path: string, init: RequestInit = {}): Promise<Response> {
  const response = await fetch(`${edgeUrl}${path}`, {
    ...init,
    headers: { ...(init.headers as Record<string, string>), authorization: `Bearer ${apiKey}` },
    signal: AbortSignal.timeout(60_000),
  });
  if (!response.ok) throw new Error(`${response.status} from ${path}: ${await response.text()}`);
  return response;
}

/** Buys one run, waits for its end, and checks what it delivered. */
async function buy(buyer: Buyer, job: Job): Promise<string> {
  const submitted = await call(buyer, "/v1/runs", {
    method: "POST",
    headers: { "content-type": "application/json", "idempotency-key": randomUUID() },
    body: JSON.stringify(job.body),
  });
  const { run_id } = run.parse(await submitted.json());
  const path = `/v1/runs/${run_id}`;
  const ended = await until(
    async () => run.parse(await (await call(buyer, path, { headers: { prefer: "wait=20" } })).json()),
    ({ status }) => status !== "QUEUED" && status !== "PROCESSING",
  );
  if (ended.status !== "COMPLETED" || ended.money_state !== "SETTLED")
    throw new Error(
      `${job.body.pack_type} ended ${ended.status}, ${ended.money_state}: ${JSON.stringify(ended.error)}`,
    );
  const bytes = new Uint8Array(await (await call(buyer, `${path}/output`)).arrayBuffer());
  const { sha256 } = link.parse(await (await call(buyer, `${path}/result`)).json());
  if (createHash("sha256").update(bytes).digest("hex") !== sha256)
    throw new Error(`${run_id}: not the bytes that it names`);
  const { data, artifacts } = result.parse(JSON.parse(new TextDecoder().decode(bytes)));
  job.found(data, artifacts);
  return ended.cost.actual_usd ?? "0";
}

const micros = (usd: string) => Math.round(Number(usd) * 1e6);

/** Buys every job, all at once, and checks that the balance adds up to the micro. Returns what they cost, in USD. */
export async function buyAll(buyer: Buyer, jobs: readonly Job[]): Promise<string> {
  const costs = await Promise.all(jobs.map((job) => buy(buyer, job)));
  const cost = costs.reduce((sum, each) => sum + micros(each), 0);
  const now = budget.parse(await (await call(buyer, "/v1/budget")).json());
  const charged = micros(now.charged_usd);
  const isEven = charged + micros(now.available_usd) === micros(now.granted_usd) && micros(now.reserved_usd) === 0;
  if (charged !== cost || !isEven)
    throw new Error(`runs cost ${cost} micros, and the balance is ${JSON.stringify(now)}`);
  return (cost / 1e6).toFixed(4);
}
