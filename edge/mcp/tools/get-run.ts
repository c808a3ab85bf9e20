import { runView, viewRun } from "#core/domain/run-view.ts";
import { findOwnRun } from "../../runs/find-own-run.ts";
import { parseArguments, jsonSchema, runIdArgument } from "../arguments.ts";
import { gateFor } from "../context.ts";
import { READS, type Tool } from "../tool.ts";

export const getRun: Tool = {
  name: "get_run",
  title: "Read a run",
  description:
    "Status, cost and, once it has completed, the digest of a run's result. While its status is QUEUED or PROCESSING, ask again about once a second. COMPLETED: get the result with get_result. FAILED: `error` says why and cost.actual_usd what it cost. Costs nothing.",
  input: () => jsonSchema(runIdArgument, "input"),
  output: runView,
  annotations: READS,
  long: false,
  async call(ctx, given) {
    const { run_id } = await parseArguments(ctx, runIdArgument, given);
    return { structure: viewRun(await findOwnRun(gateFor(ctx, "read"), ctx.deps, run_id)) };
  },
};
