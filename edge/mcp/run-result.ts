import { z } from "zod";
import { type RunView, runView, viewRun } from "#core/domain/run-view.ts";
import { isExpired } from "#core/domain/run.ts";
import type { FoundRun } from "#core/store/runs/find-run.ts";
import { downloadOf } from "../runs/download.ts";
import { inlineOutput } from "../runs/inline-output.ts";
import type { McpContext } from "./context.ts";
import type { ResourceLink } from "./tool.ts";

const { run_id, status, cost, error, result } = runView.shape;

/** What the output schemas name of a run and its result; results have all of it. */
export const outputSchema = z
  .looseObject({
    reliability: z.number().describe("0 to 1; what it means is the pack's."),
    units: z.record(z.string(), z.int().min(0)).describe("The units of work that were charged."),
    data: z.record(z.string(), z.unknown()).describe("What the pack found, as list_packs describes it."),
  })
  .nullable();
export const runSchema = z.looseObject({
  run_id,
  status,
  cost: cost.pick({ max_usd: true, actual_usd: true }).loose(),
  error,
  result: result.unwrap().pick({ sha256: true }).loose().nullable(),
});

/** A run with its output; with a link to it where that is too large. Without either for a key that may not read. */
export async function viewWithOutput(
  ctx: McpContext,
  run: FoundRun,
  { readable }: { readonly readable: boolean },
): Promise<{ readonly view: RunView; readonly links: readonly ResourceLink[] }> {
  if (run.status !== "COMPLETED" || isExpired(run) || !readable) return { view: viewRun(run), links: [] };
  const output = await inlineOutput(ctx.deps, run);
  const view = viewRun(run, { output });
  return { view, links: output === null ? [linkTo(run.run_id, await downloadOf(ctx.deps, run))] : [] };
}

export const linkTo = (run_id: string, download: Awaited<ReturnType<typeof downloadOf>>): ResourceLink => ({
  type: "resource_link",
  uri: download.url,
  name: `${run_id}.json`,
  description: `The result, available until ${download.expires_at}; its SHA-256 is ${download.sha256}.`,
  mimeType: download.content_type,
  size: download.size_bytes,
});
