import { z } from "zod";
import { idempotencyKey } from "#core/domain/idempotency.ts";
import { Problem } from "#core/domain/problem.ts";
import { isExpired, isTerminal, type RunStatus, runStatus } from "#core/domain/run.ts";
import type { FoundRun } from "#core/store/runs/find-run.ts";
import { runView, viewRun } from "#core/domain/run-view.ts";
import { bodyProblem } from "../../http/field-errors.ts";
import { downloadOf } from "../../runs/download.ts";
import { readRunRequest } from "../../runs/read-run-request.ts";
import { unwrap } from "../../admission/gate.ts";
import { submit, type SubmitRequest } from "../../runs/submit.ts";
import { validated } from "../arguments.ts";
import type { McpContext } from "../context.ts";
import { runArguments } from "../run-arguments.ts";
import type { Json, Tool, ToolAnswer } from "../tool.ts";
import { awaitRun, MAX_WAIT_S } from "../wait.ts";
import { linkTo } from "./get-result.ts";

const besides = z.object({
  idempotency_key: idempotencyKey.describe(
    "One key per piece of work, for instance a UUID; every retry sends the same one, and is never run or charged twice.",
  ),
  wait_seconds: z
    .int()
    .min(0)
    .max(MAX_WAIT_S)
    .default(0)
    .describe("Wait for the run to end for so long before answering."),
});
const waiting = besides.pick({ wait_seconds: true });

const output = z.strictObject({
  run_id: z.uuid(),
  status: runStatus,
  run: runView,
  replayed: z.boolean().optional().describe("True where the run was there before, under the same idempotency_key."),
  next: z.string().describe("What to do now."),
});

export const submitRun: Tool = {
  name: "submit_run",
  title: "Submit a run",
  description:
    "Buys one piece of work: reserves max_cost_usd and queues the run; a max_cost_usd below the price is refused. It is charged what the work really cost, never more than max_cost_usd; what is not used is given back when it ends, and one that fails after its work began costs the minimum fee, which is never more than a success costs. Sending the same arguments under the same idempotency_key again gives the same run: after an error or a lost answer that is the only safe way to go on. Choose a pack with list_packs, price it with estimate_run. Needs a key with the scope submit.",
  input: () => runArguments(besides, ["idempotency_key"]),
  output,
  annotations: { readOnlyHint: false, destructiveHint: false, idempotentHint: true, openWorldHint: true },
  long: true,
  async call(ctx, given) {
    const { request, wait_seconds } = await validated(ctx, () => readArguments(ctx, given));
    const submitted = unwrap(ctx.c, "submit", await submit(ctx.deps, ctx.caller, request));
    const { run: accepted, replayed } = submitted;
    const readsRun = wait_seconds > 0 || isTerminal(accepted.status);
    const run = readsRun ? await awaitRun(ctx, accepted.run_id, wait_seconds) : undefined;
    if (run !== undefined) return answerOf(ctx, run, replayed);
    const view = viewRun(accepted);
    return {
      structure: {
        run_id: view.run_id,
        status: view.status,
        run: view,
        replayed,
        next: nextOf(view.status),
      } satisfies z.input<typeof output>,
      run: accepted,
    };
  },
};

/** What remains of the arguments is the body of `POST /v1/runs`, with the same hash: the same run over both. */
function readArguments({ c, deps }: McpContext, given: Json): { request: SubmitRequest; wait_seconds: number } {
  const { idempotency_key, wait_seconds, ...body } = given;
  const waited = waiting.safeParse({ wait_seconds });
  if (!waited.success) throw bodyProblem(waited.error);
  const key = idempotencyKey.safeParse(idempotency_key);
  if (!key.success) {
    throw new Problem(
      "invalid-idempotency-key",
      "A submit needs an idempotency_key of 8 to 64 printable ASCII characters, no comma followed by a space, without a space at either end.",
      {
        errors: [
          {
            pointer: "/idempotency_key",
            detail: "must be 8 to 64 printable ASCII characters, no comma followed by a space",
          },
        ],
      },
    );
  }
  const request = {
    ...readRunRequest(deps, body).request,
    idempotency_key: key.data,
    traceparent: c.get("trace").parent,
  };
  return { request, ...waited.data };
}

/** What submit_run answers of a run that it may read, then or later. */
export async function answerOf(ctx: McpContext, run: FoundRun, replayed?: boolean): Promise<ToolAnswer> {
  const view = viewRun(run);
  const completed = run.status === "COMPLETED" && !isExpired(run);
  const structure: z.input<typeof output> = {
    run_id: view.run_id,
    status: view.status,
    run: view,
    ...(replayed !== undefined && { replayed }),
    next: nextOf(view.status),
  };
  if (!completed) return { structure, run, failed: isTerminal(run.status) };
  return { structure, run, links: [linkTo(run.run_id, await downloadOf(ctx.deps, run))] };
}

function nextOf(status: RunStatus): string {
  if (!isTerminal(status)) return "Ask get_run about once a second until the status is COMPLETED, FAILED or CANCELED.";
  if (status === "COMPLETED") return "Get the result with get_result, or from the link beside this.";
  if (status === "EXPIRED") return "The result is gone. Submit the work again under a fresh idempotency_key.";
  return "There is no result. `run.error` says why; to try again, submit under a fresh idempotency_key.";
}
