import { viewRun } from "#core/domain/run-view.ts";
import { findOwnRun } from "../../runs/find-own-run.ts";
import { parseArguments, jsonSchema, runIdArgument } from "../arguments.ts";
import { gateFor } from "../context.ts";
import { runSchema } from "../run-result.ts";
import { READS, type Tool } from "../tool.ts";

export const getRun: Tool = {
  name: "get_run",
  title: "Read a run",
  description:
    "Status and cost of a run. While its status is QUEUED or PROCESSING, ask again about once a second. COMPLETED: read the result with get_result. FAILED: `error` says why and cost.actual_usd what it cost. Costs nothing.",
  input: () => jsonSchema(runIdArgument, "input"),
  output: runSchema,
  annotations: READS,
  long: false,
  async call(ctx, given) {
    const { run_id } = await parseArguments(ctx, runIdArgument, given);
    return { structure: { ...viewRun(await findOwnRun(gateFor(ctx, "read"), ctx.deps, run_id)) } };
  },
};
