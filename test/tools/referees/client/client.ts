import type { paths } from "decisionproof-api";
import createClient from "openapi-fetch";

export interface ClientWorld {
  readonly edgeUrl: string;
  readonly apiKey: string;
  readonly adminKey: string;
}

export const clientOf = (edgeUrl: string, apiKey: string) =>
  createClient<paths>({ baseUrl: edgeUrl, headers: { Authorization: `Bearer ${apiKey}` } });
export type Client = ReturnType<typeof clientOf>;

export function expect(held: boolean, what: string): asserts held {
  if (!held) throw new Error(`expected ${what}`);
}

interface Answered<T> {
  readonly data?: T;
  readonly error?: unknown;
  readonly response: Response;
}

/** The answer's body, which is one of success. */
export function found<T>({ data, error, response }: Answered<T>): T {
  if (data === undefined) throw new Error(`${response.status} from ${response.url}: ${JSON.stringify(error)}`);
  return data;
}

/** A paid run of the pack `decision`, accepted. */
export async function submitRun(client: Client, idempotencyKey: string = crypto.randomUUID()) {
  return client.POST("/v1/runs", {
    params: { header: { "Idempotency-Key": idempotencyKey } },
    body: {
      pack_type: "decision",
      max_cost_usd: "0.0500",
      timebox_sec: 90,
      inputs: {
        question: "Tea or coffee?",
        mode: "brief",
        method: "weighted_sum",
        options: ["tea", "coffee"],
        criteria: [{ name: "calm", weight: 2, direction: "max" }],
        scores: { tea: { calm: 8 }, coffee: { calm: 3 } },
      },
    },
  });
}

const POLLS = 200;

/** The run once it is over, asked for as often as the edge recommends. */
export async function runWhenOver(client: Client, id: string, intervalMs: number) {
  for (let poll = 0; poll < POLLS; poll++) {
    const run = found(await client.GET("/v1/runs/{id}", { params: { path: { id } } }));
    if (run.status !== "QUEUED" && run.status !== "PROCESSING") return run;
    await new Promise((resolve) => setTimeout(resolve, Math.min(intervalMs, 250)));
  }
  throw new Error(`the run ${id} did not end`);
}
