import { z } from "zod";
import { resultView } from "../../runs/schemas.ts";
import { downloadOf } from "../../runs/download.ts";
import { inlineOutput } from "../../runs/inline-output.ts";
import { findOwnRun } from "../../runs/find-own-run.ts";
import { parseArguments, jsonSchema, runIdArgument } from "../arguments.ts";
import { gateFor } from "../context.ts";
import { outputSchema, linkTo } from "../run-result.ts";
import { READS, type Tool } from "../tool.ts";

const { sha256, size_bytes, url, expires_at } = resultView.shape;
const output = z.looseObject({ run_id: z.uuid(), sha256, size_bytes, url, expires_at, output: outputSchema });

export const getResult: Tool = {
  name: "get_result",
  title: "Get a run's result",
  description:
    "The result of a COMPLETED run: `output.data` is what the pack found. A result above 64 KiB has `output` null: download it from `url` with a plain GET, without an API key, until expires_at (15 minutes; ask again for another). sha256 is that of the downloaded bytes. Costs nothing.",
  input: () => jsonSchema(runIdArgument, "input"),
  output,
  data: true,
  annotations: READS,
  long: false,
  async call(ctx, given) {
    const { run_id } = await parseArguments(ctx, runIdArgument, given);
    const run = await findOwnRun(gateFor(ctx, "read"), ctx.deps, run_id);
    const download = await downloadOf(ctx.deps, run);
    const found = await inlineOutput(ctx.deps, run);
    const structure = { run_id, ...download, output: found };
    return { structure, links: found === null ? [linkTo(run_id, download)] : [] };
  },
};
