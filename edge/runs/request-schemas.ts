import { z } from "zod";
import { formatUsd, micros, MIN_COST_MICROS } from "#core/domain/money.ts";
import { type PackOffer, priceRange } from "#core/domain/pack.ts";
import { catalog } from "#core/domain/packs/catalog.ts";
import { runRequests } from "#core/domain/run-request.ts";
import { MAX_VALUES } from "../http/json-text.ts";

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
    const offer = catalog.get(type);
    const examples = offer === undefined ? [] : [exampleRun(offer)];
    const described = { description: priceList(offer?.prices ?? {}), ...requestSchema(type, schema), examples };
    return [requestName(type), described] as const;
  });
  const types = [...runRequests.keys()];
  return {
    ...Object.fromEntries(byPack),
    CreateRun: {
      description:
        "The body depends on the pack. Lengths count UTF-16 units; no string holds a NUL character or a lone surrogate. " +
        `A body is I-JSON (RFC 7493): no name twice in an object, no number of a magnitude above 2^53 - 1 (digits of a fraction that a double does not hold are rounded); it holds at most ${MAX_VALUES} values.`,
      oneOf: types.map((type) => schemaRef(requestName(type))),
      discriminator: {
        propertyName: "pack_type",
        mapping: Object.fromEntries(types.map((type) => [type, schemaRef(requestName(type))["$ref"]])),
      },
    },
  };
}

/** A body of `POST /v1/runs` that orders what the pack gives as its example, under a cap that covers it in any case. */
export function exampleRun(offer: PackOffer) {
  const { type, example, prices } = offer;
  const { most } = priceRange(prices, offer.estimate(example));
  return {
    pack_type: type,
    inputs: example as Json,
    max_cost_usd: formatUsd(micros(Math.max(most, MIN_COST_MICROS))),
  };
}

/** Made once each: a translation takes milliseconds, and nothing changes it. */
const inputsSchemas = new Map<string, Json>();

/** The JSON Schema of a pack's inputs, as the bodies above have it. */
export function inputsSchema(pack_type: string): Json {
  const known = inputsSchemas.get(pack_type);
  if (known !== undefined) return known;
  const request = runRequests.get(pack_type);
  if (request === undefined) throw new Error(`no request for the pack ${pack_type}`);
  const { properties } = requestSchema(pack_type, request) as { readonly properties?: { readonly inputs?: Json } };
  const schema = { $schema: "https://json-schema.org/draft/2020-12/schema", ...properties?.inputs };
  inputsSchemas.set(pack_type, schema);
  return schema;
}

function priceList(prices: PackOffer["prices"]): string {
  const list = Object.entries(prices).map(([unit, price]) => {
    return `\`${unit}\` ${formatUsd(price.unit_micros)} per ${price.per}`;
  });
  return `A success costs the sum of its units; a max_cost_usd below the least that this can be is refused, and work that would cost more than max_cost_usd stops there and fails, COST_EXCEEDS_CAP. In USD: ${list.join("; ")}.`;
}

const requestName = (pack_type: string): string =>
  `Create${pack_type.replace(/(^|-)[a-z]/g, (letters) => letters.slice(-1).toUpperCase())}Run`;

/** The body that orders a run of one pack. */
export function requestSchema(pack_type: string, schema: z.ZodType): Json {
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
