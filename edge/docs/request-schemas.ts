import { z } from "zod";
import { formatUsd } from "#core/domain/money.ts";
import type { PackOffer } from "#core/domain/pack.ts";
import { catalog } from "#core/domain/packs/catalog.ts";
import { runRequests } from "#core/domain/run-request.ts";

type Json = Readonly<Record<string, unknown>>;
type Schema = z.core.JSONSchema.BaseSchema;

/** What comes before the host of an address: the edge takes IRIs too, and space around them, which `uri` does not. */
const WEB_ADDRESS = String.raw`^\s*[Hh][Tt][Tt][Pp][Ss]?://\s*\S`;
/** Lists of inputs in which the pack's own check refuses a repetition. */
const UNIQUE: ReadonlyMap<string, readonly string[]> = new Map([
  ["decision", ["options", "criteria"]],
  ["compliance", ["rules"]],
]);

/** The bodies of `POST /v1/runs`, as near to what the edge takes as JSON Schema can say. */
export function requestSchemas(schemaRef: (name: string) => Json): Json {
  const byPack = [...runRequests].map(([type, schema]) => {
    const { example: inputs, prices = {} } = catalog.get(type) ?? {};
    const example = { pack_type: type, inputs, max_cost_usd: "1.0000" };
    const described = { description: priceList(prices), ...requestSchema(type, schema), examples: [example] };
    return [requestName(type), described] as const;
  });
  const types = [...runRequests.keys()];
  return {
    ...Object.fromEntries(byPack),
    CreateRun: {
      description:
        "The body depends on the pack. Lengths count UTF-16 units; no string holds a NUL character or a lone surrogate.",
      oneOf: types.map((type) => schemaRef(requestName(type))),
      discriminator: {
        propertyName: "pack_type",
        mapping: Object.fromEntries(types.map((type) => [type, schemaRef(requestName(type))["$ref"]])),
      },
    },
  };
}

function priceList(prices: PackOffer["prices"]): string {
  const list = Object.entries(prices).map(([unit, price]) => {
    return `\`${unit}\` ${formatUsd(price.unit_micros)} per ${price.per}`;
  });
  return `A success costs the sum of its units, and never more than max_cost_usd. In USD: ${list.join("; ")}.`;
}

const requestName = (pack_type: string): string =>
  `Create${pack_type.replace(/(^|-)[a-z]/g, (letters) => letters.slice(-1).toUpperCase())}Run`;

function requestSchema(pack_type: string, schema: z.ZodType): Json {
  const unique = new Set((UNIQUE.get(pack_type) ?? []).map((name) => `properties/inputs/properties/${name}`));
  const { $schema: _dialect, ...rest } = z.toJSONSchema(schema, {
    io: "input",
    override: ({ jsonSchema, path }) => {
      if (unique.has(path.join("/"))) jsonSchema.uniqueItems = true;
      if (path.join("/") === "properties/inputs") jsonSchema.description ??= "What the pack works on.";
      sayMore(jsonSchema);
    },
  });
  return rest;
}

/** What the edge checks in every body, and Zod's own translation does not say. */
function sayMore(schema: Schema): void {
  if (schema.format === "uri") {
    delete schema.format;
    schema.pattern = WEB_ADDRESS;
  }
  if (typeof schema.propertyNames === "object") schema.propertyNames.not = { const: "__proto__" };
}
