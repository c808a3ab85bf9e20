import { randomUUID } from "node:crypto";
import { z } from "zod";

export interface Owner {
  readonly edgeUrl: string;
  readonly apiKey: string;
}

const finished = z.object({
  run_id: z.uuid(),
  status: z.literal("COMPLETED"),
  result: z.object({ sha256: z.string(), size_bytes: z.int() }),
  links: z.object({ output: z.string(), result: z.string(), events: z.string() }),
});
export type FinishedRun = z.infer<typeof finished>;

export const ORDER = { pack_type: "compliance", inputs: { text: "Write to ada@example.com." }, max_cost_usd: "0.0500" };

/** A run that is over, bought in one trip. */
export async function finishedRun({ edgeUrl, apiKey }: Owner): Promise<FinishedRun> {
  return finished.parse(await submitted(edgeUrl, apiKey, "wait=20"));
}

export async function submitted(edgeUrl: string, apiKey: string, prefer = "wait=0"): Promise<unknown> {
  const response = await fetch(`${edgeUrl}/v1/runs`, {
    method: "POST",
    headers: {
      Authorization: `Bearer ${apiKey}`,
      "Content-Type": "application/json",
      "Idempotency-Key": randomUUID(),
      Prefer: prefer,
    },
    body: JSON.stringify(ORDER),
  });
  const body = (await response.json()) as unknown;
  if (!response.ok) throw new Error(`${response.status} ${JSON.stringify(body)}`);
  return body;
}
