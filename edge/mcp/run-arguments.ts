import { z } from "zod";
import { formatUsd } from "#core/domain/money.ts";
import { catalog } from "#core/domain/packs/catalog.ts";
import { runRequests } from "#core/domain/run-request.ts";
import type { Json } from "./tool.ts";
import { requestSchema } from "../runs/request-schemas.ts";

interface ObjectSchema {
  readonly properties: Readonly<Record<string, Json>>;
}

const propertiesOf = (type: string, schema: z.ZodType): ObjectSchema["properties"] =>
  (requestSchema(type, schema) as unknown as ObjectSchema).properties;

/**
 * The JSON Schema of a run's description, of every pack in one, with what a tool takes besides. An object at its root:
 * not every model takes a choice there.
 */
export function runArguments(more: z.ZodObject, required: readonly string[]): Json {
  const { common, packs } = partsOfRuns();
  const { properties: besides } = z.toJSONSchema(more, { io: "input" });
  return {
    type: "object",
    properties: {
      pack_type: { type: "string", enum: packs.map(({ type }) => type), description: choice() },
      inputs: {
        description: "What the pack works on: the form whose title is the pack's type.",
        anyOf: packs.map(({ type, properties }) => ({ title: type, ...properties["inputs"] })),
      },
      ...common,
      ...besides,
    },
    required: ["pack_type", "inputs", "max_cost_usd", ...required],
    additionalProperties: false,
  };
}

/** The same, without the form of the inputs, which is said once. */
export function orderArguments(): Json {
  const { common, packs } = partsOfRuns();
  return {
    type: "object",
    properties: {
      pack_type: { type: "string", enum: packs.map(({ type }) => type) },
      inputs: { type: "object", description: "What the pack works on, in the form that submit_run describes." },
      ...common,
    },
    required: ["pack_type", "inputs", "max_cost_usd"],
    additionalProperties: false,
  };
}

function partsOfRuns() {
  const packs = [...runRequests].map(([type, schema]) => ({ type, properties: propertiesOf(type, schema) }));
  const { pack_type: _type, inputs: _inputs, ...common } = packs[0]?.properties ?? {};
  return { common, packs };
}

/** What there is to choose from, with its price. */
function choice(): string {
  const lines = [...catalog.values()].map(({ type, summary, prices }) => {
    const list = Object.values(prices).map(({ unit_micros, per }) => `${formatUsd(unit_micros)} per ${per}`);
    return `${type}: ${summary} USD ${list.join(" + ")}.`;
  });
  return lines.join("\n");
}
