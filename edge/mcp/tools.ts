import { jsonSchema } from "./arguments.ts";
import type { Era } from "./protocol.ts";
import type { Json, Tool } from "./tool.ts";
import { cancelRun } from "./tools/cancel-run.ts";
import { estimateRun } from "./tools/estimate-run.ts";
import { getBudget } from "./tools/get-budget.ts";
import { getResult } from "./tools/get-result.ts";
import { getRun } from "./tools/get-run.ts";
import { listPacks } from "./tools/list-packs.ts";
import { submitRun } from "./tools/submit-run.ts";

const all: readonly Tool[] = [listPacks, estimateRun, submitRun, getRun, getResult, cancelRun, getBudget];

/** Every tool by name, in the order in which work goes. */
export const tools: ReadonlyMap<string, Tool> = new Map(all.map((tool) => [tool.name, tool]));

const listed = new Map<Era, readonly Json[]>();

/** What `tools/list` says; the same for every caller, and made once. */
export function describeTools(era: Era): readonly Json[] {
  const known = listed.get(era);
  if (known !== undefined) return known;
  const described = all.map((tool) => describe(tool, era));
  listed.set(era, described);
  return described;
}

function describe(tool: Tool, era: Era): Json {
  const { name, title, description, annotations } = tool;
  return {
    name,
    title,
    description,
    inputSchema: tool.input(),
    outputSchema: jsonSchema(tool.output, "output"),
    annotations,
    ...(era === "legacy" && { execution: { taskSupport: tool.long ? "optional" : "forbidden" } }),
  };
}
