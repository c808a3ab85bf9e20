import type { z } from "zod";
import { resultView } from "../../runs/schemas.ts";
import { downloadOf } from "../../runs/download.ts";
import { findOwnRun } from "../../runs/find-own-run.ts";
import { parseArguments, jsonSchema, runIdArgument } from "../arguments.ts";
import { gateFor } from "../context.ts";
import { READS, type ResourceLink, type Tool } from "../tool.ts";

export const getResult: Tool = {
  name: "get_result",
  title: "Get a run's result",
  description:
    "Where the result of a COMPLETED run can be downloaded with a plain GET, without an API key, until expires_at (15 minutes; ask again for a fresh address), with its SHA-256 and size to check the download by. The result is JSON: `data` holds what the pack found. Costs nothing.",
  input: () => jsonSchema(runIdArgument, "input"),
  output: resultView,
  annotations: READS,
  long: false,
  async call(ctx, given) {
    const { run_id } = await parseArguments(ctx, runIdArgument, given);
    const download = await downloadOf(ctx.deps, await findOwnRun(gateFor(ctx, "read"), ctx.deps, run_id));
    return { structure: download, links: [linkTo(run_id, download)] };
  },
};

export const linkTo = (run_id: string, download: z.input<typeof resultView>): ResourceLink => ({
  type: "resource_link",
  uri: download.url,
  name: `${run_id}.json`,
  description: `The result, to be had until ${download.expires_at}; its SHA-256 is ${download.sha256}.`,
  mimeType: download.content_type,
  size: download.size_bytes,
});
