import { z } from "zod";
import { idempotencyKey } from "#core/domain/idempotency.ts";
import { formatUsd } from "#core/domain/money.ts";
import { catalog } from "#core/domain/packs/catalog.ts";
import { runRequests } from "#core/domain/run-request.ts";
import { Problem } from "#core/domain/problem.ts";
import { bodyProblem } from "../http/field-errors.ts";
import { inputsSchema, requestSchema } from "../runs/request-schemas.ts";
import type { Json } from "./tool.ts";
import { MAX_WAIT_S } from "./context.ts";

/** What submit_run takes beside the body of `POST /v1/runs`. */
const besides = z.object({
  idempotency_key: idempotencyKey.describe(
    "One key per piece of work, such as a UUID. Repeat it on a retry: the same key is never run or charged twice.",
  ),
  wait_seconds: z
    .int()
    .min(0)
    .max(MAX_WAIT_S)
    .default(0)
    .describe("Wait so long for the run to end; if it does, the answer holds its output."),
});
const waiting = besides.pick({ wait_seconds: true });

export interface RunArguments {
  /** The body of `POST /v1/runs`, with the same hash: the same run over both. */
  readonly body: Json;
  readonly idempotency_key: string | undefined;
  readonly wait_seconds: number;
}

/** The arguments of submit_run and estimate_run. Throws the 400 problem for invalid ones; the body is not read yet. */
export function readRunArguments(given: Json): RunArguments {
  const { idempotency_key, wait_seconds, ...body } = given;
  const waited = waiting.safeParse({ wait_seconds });
  if (!waited.success) throw bodyProblem(waited.error);
  if (idempotency_key === undefined) return { body, idempotency_key, ...waited.data };
  const key = idempotencyKey.safeParse(idempotency_key);
  if (!key.success) throw invalidKey("must be 8 to 64 printable ASCII characters, no comma followed by a space");
  return { body, idempotency_key: key.data, ...waited.data };
}

/** The problem of an idempotency_key that is missing or malformed. */
export const invalidKey = (detail: string): Problem =>
  new Problem("invalid-idempotency-key", `Invalid arguments: /idempotency_key: ${detail}.`, {
    errors: [{ pointer: "/idempotency_key", detail }],
  });

const USD_PATTERN = "^[0-9]{1,10}([.][0-9]{1,6})?$";
const REQUIRED = ["pack_type", "inputs", "max_cost_usd"];

/**
 * The JSON Schema of submit_run: of these packs in one. An object at its root, since not every host takes a choice there,
 * and typed inputs, since hosts that constrain what a model writes leave an object without properties empty.
 */
export function submitArguments(packs: readonly string[]): Json {
  const forms = packs.map((type) => ({
    ...inputsSchema(type),
    description: `For the pack_type ${type}.`,
  }));
  const [only] = forms;
  return argumentsOf(packs, {
    required: [...REQUIRED, "idempotency_key"],
    choice: choice(packs),
    inputs:
      forms.length === 1 && only !== undefined
        ? only
        : {
            description: "What the pack works on. list_packs with its pack_type describes what is optional.",
            anyOf: forms.map(brief),
          },
  });
}

/** Inputs of which only what must be given is described: those of all packs together are shown to a model in every request. */
function brief(form: Json): Json {
  const required = new Set(form["required"] as readonly string[] | undefined);
  const members = Object.entries(propertiesOf(form)).map(
    ([name, member]) => [name, required.has(name) ? member : wordless(member)] as const,
  );
  return { ...form, properties: Object.fromEntries(members) };
}

/** A schema without its descriptions. A member may have that name: its value is an object. */
function wordless<T>(schema: T): T {
  if (Array.isArray(schema)) return schema.map(wordless) as T;
  if (typeof schema !== "object" || schema === null) return schema;
  const members = Object.entries(schema).filter(([name, value]) => name !== "description" || typeof value !== "string");
  return Object.fromEntries(members.map(([name, value]) => [name, wordless(value)])) as T;
}

/** Of the same arguments, those of which the price is made. The others, which submit_run has, are taken as well. */
export function estimateArguments(packs: readonly string[]): Json {
  const { pack_type, max_cost_usd } = propertiesOf(argumentsOf(packs, { required: REQUIRED, choice: "", inputs: {} }));
  const inputs = { type: "object", description: "As in submit_run.", additionalProperties: true };
  return {
    type: "object",
    properties: {
      pack_type: { ...pack_type, description: undefined },
      inputs,
      max_cost_usd: { ...max_cost_usd, description: undefined },
    },
    required: REQUIRED,
    additionalProperties: true,
  };
}

/** Agents have no address of their own. It is taken all the same, as over HTTP. */
const UNLISTED = new Set(["pack_type", "inputs", "webhook", "webhook_include_output"]);

interface Parts {
  readonly required: readonly string[];
  readonly choice: string;
  readonly inputs: Json;
}

function argumentsOf(packs: readonly string[], { required, choice: description, inputs }: Parts): Json {
  const [[type, request] = []] = runRequests;
  if (type === undefined || request === undefined) throw new Error("there are no packs");
  const all: Record<string, Json> = {
    ...propertiesOf(requestSchema(type, request)),
    ...propertiesOf(z.toJSONSchema(besides, { io: "input" })),
  };
  // The range is said in words, and checked.
  all["max_cost_usd"] = { ...all["max_cost_usd"], pattern: USD_PATTERN };
  const others = Object.entries(all).filter(([name]) => !UNLISTED.has(name));
  return {
    type: "object",
    properties: { pack_type: { type: "string", enum: packs, description }, inputs, ...Object.fromEntries(others) },
    required,
    additionalProperties: false,
  };
}

const propertiesOf = (schema: object) => (schema as { readonly properties: Readonly<Record<string, Json>> }).properties;

/** What there is to choose from, with its price. */
function choice(packs: readonly string[]): string {
  const lines = packs.flatMap((type) => {
    const offer = catalog.get(type);
    if (offer === undefined) return [];
    const list = Object.values(offer.prices).map(
      ({ unit_micros, per }) => `${formatUsd(unit_micros)} per ${bare(per)}`,
    );
    return [`${type}: ${opening(bare(offer.summary))}. USD ${list.join(" + ")}.`];
  });
  return lines.join("\n");
}

/** Without what stands in brackets, which list_packs says. */
const bare = (text: string): string => text.replaceAll(/ \([^()]*\)/g, "");

/** Up to the first colon or full stop. */
const opening = (text: string): string => text.split(/[:.](?=\s|$)/)[0] ?? text;
