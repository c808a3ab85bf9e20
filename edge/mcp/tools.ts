import { catalog } from "#core/domain/packs/catalog.ts";
import { jsonSchema } from "./arguments.ts";
import { dataOutline } from "./data-outline.ts";
import { outlineSchema, plainSchema } from "./plain-schema.ts";
import type { Features } from "./revisions.ts";
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

/** What `tools/list` says in a revision with these features to a caller that can buy these packs. */
export function describeTools(features: Features, packs: readonly string[]): readonly Json[] {
  // An account without a plan sees what there is.
  const offered = packs.length === 0 ? [...catalog.keys()] : packs;
  return all.map((tool) => describe(tool, features, offered));
}

const outputs = new Map<string, Json>();

/** Made once each: a translation takes milliseconds. */
function outputOf({ name, output, data }: Tool): Json {
  const known = outputs.get(name);
  if (known !== undefined) return known;
  const made = outlineSchema(jsonSchema(output, "output"), data === true ? { data: dataOutline() } : {});
  outputs.set(name, made);
  return made;
}

function describe(tool: Tool, { era, annotations, structure, tasks }: Features, packs: readonly string[]): Json {
  const { name, title, description } = tool;
  return {
    name,
    description,
    inputSchema: plainSchema(tool.input(packs)),
    ...(annotations && { annotations: { ...tool.annotations, ...(!structure && { title }) } }),
    ...(structure && { title, outputSchema: outputOf(tool) }),
    ...(era === "legacy" && tasks && tool.long && { execution: { taskSupport: "optional" } }),
  };
}
