import { z } from "zod";
import { viewRun } from "#core/domain/run-view.ts";
import { unwrap } from "../../admission/gate.ts";
import { cancel } from "../../runs/cancel.ts";
import { parseArguments, jsonSchema, runIdArgument } from "../arguments.ts";
import { runSchema } from "../run-result.ts";
import type { Tool } from "../tool.ts";

const output = z.object({
  outcome: z.enum(["canceled", "asked"]).describe("asked: its result is just being written; ask get_run how it ends."),
  run: runSchema.pick({ run_id: true, status: true }).loose(),
});

export const cancelRun: Tool = {
  name: "cancel_run",
  title: "Cancel a run",
  description:
    "Ends a run that is not over. Queued, it costs nothing; at work, the minimum fee. Asking again is safe. A run that has ended cannot be canceled. Needs a key with the scope submit.",
  input: () => jsonSchema(runIdArgument, "input"),
  output,
  annotations: { readOnlyHint: false, destructiveHint: true, idempotentHint: true, openWorldHint: false },
  long: false,
  async call(ctx, given) {
    const { run_id } = await parseArguments(ctx, runIdArgument, given);
    const canceled = unwrap(ctx.c, "read", await cancel(ctx.deps, ctx.caller, run_id));
    const outcome = canceled.kind === "over" ? "canceled" : "asked";
    return { structure: { outcome, run: viewRun(canceled.run) } satisfies z.input<typeof output> };
  },
};
