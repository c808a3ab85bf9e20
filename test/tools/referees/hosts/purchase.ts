import { randomUUID } from "node:crypto";
import { z } from "zod";

export interface Host {
  readonly edgeUrl: string;
  readonly apiKey: string;
  /** A folder of its own, for hosts that keep something. */
  readonly dir: string;
}

/** What the host's tool answered: a structure, its JSON as text, or content blocks. */
export type Call = (name: string, given: Record<string, unknown>) => Promise<unknown>;

const output = z.object({ data: z.object({ verdict: z.string() }) });
const bought = z.object({
  run_id: z.uuid(),
  status: z.literal("COMPLETED"),
  cost: z.object({ actual_usd: z.literal("0.0020") }),
  output,
});
const estimated = z.object({ price_usd: z.literal("0.0020") });
const got = z.object({ output });
const budget = z.object({ available_usd: z.string() });

export const addressOf = ({ edgeUrl }: Host) => new URL("/mcp", edgeUrl);
export const authorization = ({ apiKey }: Host) => ({ Authorization: `Bearer ${apiKey}` });

/** Arguments as an agent writes them, the same for estimate and submit. */
export const order = () => ({
  pack_type: "compliance",
  inputs: { text: "Write to ada@example.com." },
  max_cost_usd: "0.0500",
  idempotency_key: `referee-${randomUUID()}`,
  wait_seconds: 20,
});

/** Estimates, buys in one call, and reads what was bought again, through a host's own way of calling tools. */
export async function purchase(call: Call): Promise<void> {
  const given = order();
  const { idempotency_key: _, wait_seconds: __, ...estimate } = given;
  estimated.parse(plain(await call("estimate_run", estimate)));
  const run = bought.parse(plain(await call("submit_run", given)));
  got.parse(plain(await call("get_result", { run_id: run.run_id })));
  budget.parse(plain(await call("get_budget", {})));
}

const block = z.object({ type: z.literal("text"), text: z.string() });

/** The structure, however the host wraps it. */
export function plain(answer: unknown): unknown {
  if (typeof answer === "string") return JSON.parse(answer);
  if (Array.isArray(answer)) return plain(block.parse(answer[0]).text);
  const wrapped = z
    .object({ structuredContent: z.unknown(), content: z.array(z.unknown()), isError: z.boolean() })
    .partial()
    .safeParse(answer);
  if (!wrapped.success) return answer;
  const { structuredContent, content, isError } = wrapped.data;
  if (isError === true) throw new Error(`the tool failed: ${JSON.stringify(content)}`);
  return structuredContent ?? (content === undefined ? answer : plain(content));
}
