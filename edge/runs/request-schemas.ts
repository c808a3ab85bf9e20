import { z } from "zod";
import { formatUsd, micros, MIN_COST_MICROS } from "#core/domain/money.ts";
import { type PackOffer, priceRange } from "#core/domain/pack.ts";
import { catalog } from "#core/domain/packs/catalog.ts";
import { runRequests } from "#core/domain/run-request.ts";
import { resultDocuments } from "#core/domain/result.ts";
import { MAX_VALUES } from "../http/json-text.ts";
import { publishSchema } from "../openapi/publish.ts";

type Json = Readonly<Record<string, unknown>>;

/** What the document has among its components of every pack: the body that orders it, and its inputs. */
export const PACK_REQUESTS: Readonly<Record<string, z.ZodType>> = Object.fromEntries(
  [...catalog.values()].flatMap((offer) => {
    const request = runRequests.get(offer.type);
    if (request === undefined) throw new Error(`no request for the pack ${offer.type}`);
    return [
      [
        requestName(offer.type),
        request.meta({ description: priceList(offer.prices), examples: exampleRuns(offer).map(({ run }) => run) }),
      ],
      [packName(offer.type, "Inputs"), offer.inputs],
    ];
  }),
);

/** The same of what its result holds. */
export const PACK_RESULTS: Readonly<Record<string, z.ZodType>> = Object.fromEntries(
  [...catalog.values()].flatMap(({ type, data }) => {
    const document = resultDocuments.get(type);
    if (document === undefined) throw new Error(`no result of the pack ${type}`);
    return [...titled(data), [packName(type, "Data"), data] as const, [packName(type, "Output"), document] as const];
  }),
);

/** The forms of a pack's data by their titles, where it has several. */
function titled(data: z.ZodType): readonly (readonly [string, z.ZodType])[] {
  if (!(data instanceof z.ZodDiscriminatedUnion)) return [];
  return (data.options as readonly z.ZodType[]).map((form) => [String(form.meta()?.title), form]);
}

/** The body of `POST /v1/runs`. */
export function createRunSchema(schemaRef: (name: string) => Json): Json {
  return {
    description:
      "The body depends on the pack. Lengths count UTF-16 units; no string holds a NUL character or a lone surrogate. " +
      `A body is I-JSON (RFC 7493): no name twice in an object, no number of a magnitude above 2^53 - 1 (digits of a fraction that a double does not hold are rounded); it holds at most ${MAX_VALUES} values.`,
    oneOf: [...runRequests.keys()].map((type) => schemaRef(requestName(type))),
  };
}

/** A body for each pack, as the document's media types name examples. */
export const runExamples = (): Json =>
  Object.fromEntries(
    [...catalog.values()].map((offer) => [
      offer.type,
      { summary: offer.title, value: exampleRun(offer, offer.examples[0].inputs) },
    ]),
  );

/** The pack's examples, as bodies of `POST /v1/runs` under a cap that covers each in any case. */
export function exampleRuns(offer: PackOffer) {
  return offer.examples.map(({ title, inputs }) => ({ title, run: exampleRun(offer, inputs) }));
}

function exampleRun(offer: PackOffer, inputs: unknown) {
  const { most } = priceRange(offer.prices, offer.estimate(inputs));
  return {
    pack_type: offer.type,
    inputs: inputs as Json,
    max_cost_usd: formatUsd(micros(Math.max(most, MIN_COST_MICROS))),
  };
}

/** Made once each: a translation takes milliseconds, and nothing changes it. */
const made = new Map<z.ZodType, Json>();

function standalone(schema: z.ZodType, io: "input" | "output"): Json {
  const known = made.get(schema);
  if (known !== undefined) return known;
  const json = { $schema: "https://json-schema.org/draft/2020-12/schema", ...publishSchema(schema, io) };
  made.set(schema, json);
  return json;
}

/** The JSON Schema of a pack's inputs, complete in itself. */
export const inputsSchema = (pack_type: string): Json => standalone(offerOf(pack_type).inputs, "input");

/** The JSON Schema of the data of a pack's results, complete in itself. */
export const dataSchema = (pack_type: string): Json => standalone(offerOf(pack_type).data, "output");

function offerOf(pack_type: string): PackOffer {
  const offer = catalog.get(pack_type);
  if (offer === undefined) throw new Error(`no pack ${pack_type}`);
  return offer;
}

function priceList(prices: PackOffer["prices"]): string {
  const list = Object.entries(prices).map(([unit, price]) => {
    return `\`${unit}\` ${formatUsd(price.unit_micros)} per ${price.per}`;
  });
  return `A success costs the sum of its units; a max_cost_usd below the least that this can be is refused, and work that would cost more than max_cost_usd stops there and fails, COST_EXCEEDS_CAP. In USD: ${list.join("; ")}.`;
}

/** The name that a pack has among the document's components. */
function packName(pack_type: string, of: string): string {
  return `${pack_type.replace(/(^|-)[a-z]/g, (letters) => letters.slice(-1).toUpperCase())}${of}`;
}

function requestName(pack_type: string): string {
  return `Create${packName(pack_type, "Run")}`;
}

/** The body that orders a run of one pack. */
export const requestSchema = (_pack_type: string, schema: z.ZodType): Json => publishSchema(schema, "input");
