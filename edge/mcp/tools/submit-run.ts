import { z } from "zod";
import { isTerminal, type RunStatus } from "#core/domain/run.ts";
import type { RunView } from "#core/domain/run-view.ts";
import { unwrap } from "../../admission/gate.ts";
import { readRunRequest } from "../../runs/read-run-request.ts";
import { submit, type SubmitRequest } from "../../runs/submit.ts";
import type { FoundRun } from "#core/store/runs/find-run.ts";
import { validated } from "../arguments.ts";
import type { McpContext } from "../context.ts";
import { invalidKey, readRunArguments, submitArguments } from "../run-arguments.ts";
import { outputSchema, runSchema, viewWithOutput } from "../run-result.ts";
import type { Json, Tool, ToolResult } from "../tool.ts";
import { awaitRun } from "../wait.ts";

const more = {
  replayed: z.boolean().optional().describe("True where the run was there before, under the same idempotency_key."),
  next: z.string().describe("What to do now."),
};
const output = runSchema.extend({ ...more, output: outputSchema.optional() });
type Output = RunView & z.input<z.ZodObject<typeof more>>;

export const submitRun: Tool = {
  name: "submit_run",
  title: "Submit a run",
  description:
    "Buys one piece of work: reserves max_cost_usd and queues the run. Charged is what the work cost, never more than max_cost_usd; a failure after the work began costs the minimum fee, or the model tokens used if they cost more. With wait_seconds the answer holds the result in `output` if the run ends in time. After an error or a lost answer send the same arguments with the same idempotency_key: it is the same run. estimate_run tells the price. Needs the scope submit.",
  input: submitArguments,
  output,
  annotations: { readOnlyHint: false, destructiveHint: false, idempotentHint: true, openWorldHint: true },
  long: true,
  async call(ctx, given) {
    const { request, wait_seconds } = await validated(ctx, () => readArguments(ctx, given));
    const { run: accepted, replayed } = unwrap(ctx.c, "submit", await submit(ctx.deps, ctx.caller, request));
    return awaited(ctx, { accepted, replayed, wait_seconds });
  },
};

interface Accepted {
  readonly accepted: FoundRun;
  readonly replayed: boolean;
  readonly wait_seconds: number;
}

async function awaited(ctx: McpContext, { accepted, replayed, wait_seconds }: Accepted): Promise<ToolResult> {
  const mustRead = wait_seconds > 0 || isTerminal(accepted.status);
  const run = mustRead ? await awaitRun(ctx, accepted.run_id, wait_seconds) : undefined;
  return submitResult(ctx, run ?? accepted, { replayed, readable: run !== undefined });
}

function readArguments({ c, deps }: McpContext, given: Json): { request: SubmitRequest; wait_seconds: number } {
  const { body, idempotency_key, wait_seconds } = readRunArguments(given);
  const { request } = readRunRequest(deps, body);
  if (idempotency_key === undefined) throw invalidKey("is required");
  return { request: { ...request, idempotency_key, traceparent: c.get("trace").parent }, wait_seconds };
}

/**
 * What submit_run returns of a run, then or later, with its output where it has one. A key that may submit and not read is
 * told the status alone.
 */
export async function submitResult(
  ctx: McpContext,
  run: FoundRun,
  { replayed, readable = true }: { readonly replayed?: boolean; readonly readable?: boolean } = {},
): Promise<ToolResult> {
  const { view, links } = await viewWithOutput(ctx, run, { readable });
  const next =
    readable || !isTerminal(run.status)
      ? nextOf(view.status, view.output !== undefined && view.output !== null)
      : NO_READ;
  const structure = { ...view, ...(replayed !== undefined && { replayed }), next } satisfies Output;
  return { structure, run, links, failed: isTerminal(run.status) && run.status !== "COMPLETED" };
}

const NO_READ = "How it ended is for a key with the scope read to see: this one has the scope submit alone.";

function nextOf(status: RunStatus, hasOutput: boolean): string {
  if (!isTerminal(status)) return "Ask get_run about once a second until the status is COMPLETED, FAILED or CANCELED.";
  if (status === "COMPLETED") return hasOutput ? "The result is in `output`." : "Get the result with get_result.";
  if (status === "EXPIRED") return "The result is gone. Submit the work again under a fresh idempotency_key.";
  return "There is no result. `error` says why; to try again, submit under a fresh idempotency_key.";
}
