import { z } from "zod";
import { recordUpTo, textUpTo } from "./bounded.ts";
import { sha256Hex } from "./hash.ts";
import { canonicalJson } from "./idempotency.ts";
import { formatUsd, MAX_COST_MICROS, micros, MIN_COST_MICROS, parseUsd } from "./money.ts";
import type { PackOffer } from "./pack.ts";
import { catalog } from "./packs/catalog.ts";
import { parseWebhookUrl, PUBLIC_HTTPS, webhookUrl, type WebhookPolicy } from "./webhook-url.ts";

const LEAST = formatUsd(micros(MIN_COST_MICROS));
const MOST = formatUsd(micros(MAX_COST_MICROS));
const USD_FORM = 'must be a decimal string such as "5.0000", with at most six decimal places';
const MAX_USD_CHARS = 17;
const USD = /^\d{1,10}(\.\d{1,6})?$/;
/** `USD` and the range in one, for JSON Schema: the million; a dollar and more; half a cent and more. */
const USD_IN_RANGE =
  "^(0{0,3}1000000([.]0{1,6})?" +
  "|(0{0,9}[1-9]|0{0,8}[1-9][0-9]|0{0,7}[1-9][0-9]{2}|0{0,6}[1-9][0-9]{3}|0{0,5}[1-9][0-9]{4}|0{0,4}[1-9][0-9]{5})([.][0-9]{1,6})?" +
  "|0{1,10}[.](00[5-9][0-9]{0,3}|0[1-9][0-9]{0,4}|[1-9][0-9]{0,5}))$";
/** Ceilings of a run's metadata; lengths in UTF-16 units. */
export const METADATA_LIMITS = { pairs: 16, name_chars: 64, value_chars: 512 } as const;
/** How long the work of a run may take. */
export const TIMEBOX_SECONDS = { minimum: 1, maximum: 900, default: 90 } as const;

const MAX_PACK_TYPE_CHARS = 100;
const packTypes = [...catalog.keys()].join(", ");

const maxCost = z
  .string({
    error: ({ input }) =>
      input === undefined
        ? 'is required, as a decimal string such as "5.0000"'
        : 'must be a decimal string such as "5.0000", in quotes',
  })
  .max(MAX_USD_CHARS, { error: USD_FORM, abort: true })
  .regex(USD, { error: USD_FORM, abort: true })
  .meta({
    description: `What the run may cost at most, in USD; reserved at once. From ${LEAST} to ${MOST}.`,
    pattern: USD_IN_RANGE,
    examples: ["5.0000"],
  })
  .transform((text, context) => {
    const amount = parseUsd(text);
    if (amount !== undefined && amount >= MIN_COST_MICROS && amount <= MAX_COST_MICROS) return amount;
    context.addIssue({ code: "custom", message: `must be between "${LEAST}" and "${MOST}"`, input: text });
    return z.NEVER;
  });

const metadata = recordUpTo(
  METADATA_LIMITS.pairs,
  textUpTo(METADATA_LIMITS.name_chars).min(1),
  textUpTo(METADATA_LIMITS.value_chars),
).meta({
  description: "Up to 16 pairs of the caller's own, given back with the run.",
  examples: [{ order: "A-1" }],
});

const common = {
  max_cost_usd: maxCost,
  timebox_sec: z
    .int()
    .min(TIMEBOX_SECONDS.minimum)
    .max(TIMEBOX_SECONDS.maximum)
    .default(TIMEBOX_SECONDS.default)
    .describe("How long the work may take, in seconds. Waiting to begin does not count."),
  min_reliability_score: z
    .number()
    .min(0)
    .max(1)
    .optional()
    .describe("A result less reliable than this is a failure, at the minimum fee. What it means is the pack's."),
  metadata: metadata.optional(),
  webhook: webhookUrl
    .optional()
    .describe(
      "A URL that gets the run's events, beside the webhooks of the account. Signed with the default secret. It is shown what the submitting key may see: without the scope `read` no `result`, no `error` and no `cost.actual_usd`.",
    ),
  webhook_include_output: z
    .boolean()
    .default(false)
    .describe(
      "Whether `run.completed` at `webhook` carries the result, if that has at most 64 KiB. Needs the scope `read` too.",
    ),
};

function requestFor(offer: PackOffer) {
  return z.strictObject({
    pack_type: z.literal(offer.type).describe(offer.summary),
    inputs: offer.inputs.describe(offer.inputs.description ?? "What the pack works on."),
    ...common,
  });
}

/** The body of `POST /v1/runs`, by pack type. */
export const runRequests: ReadonlyMap<string, ReturnType<typeof requestFor>> = new Map(
  [...catalog.values()].map((offer) => [offer.type, requestFor(offer)]),
);

const ofUnknownPack = z.strictObject({
  pack_type: textUpTo(MAX_PACK_TYPE_CHARS).refine(
    (type) => catalog.has(type),
    `is not a known pack; there are: ${packTypes}`,
  ),
  inputs: z.record(z.string(), z.unknown()),
  ...common,
});

export type RunRequest = z.output<ReturnType<typeof requestFor>>;

/** Checks a body against the schema of the pack that it names; of an unknown pack, all but the inputs is checked. */
export function parseRunRequest(
  body: unknown,
  policy: WebhookPolicy = PUBLIC_HTTPS,
): { readonly request: RunRequest } | { readonly error: z.ZodError } {
  const named = z.object({ pack_type: z.string() }).safeParse(body).data?.pack_type;
  const schema = named === undefined ? undefined : runRequests.get(named);
  const parsed = (schema ?? ofUnknownPack).safeParse(body);
  if (!parsed.success) return { error: parsed.error };
  const { webhook } = parsed.data;
  if (webhook === undefined) return { request: parsed.data };
  const address = parseWebhookUrl(webhook, policy);
  if ("href" in address) return { request: { ...parsed.data, webhook: address.href } };
  return { error: new z.ZodError([{ code: "custom", path: ["webhook"], message: address.error, input: webhook }]) };
}

/**
 * What was asked for, in one form however it was written: `inputs` is canonical JSON (RFC 8785) with every default in it,
 * and `sha256` is the payload hash. It covers all that a submit says: two bodies with one hash order the same run.
 */
export function payloadOf(request: RunRequest): { readonly inputs: string; readonly sha256: string } {
  const { inputs: given, max_cost_usd, metadata = {}, webhook_include_output, ...others } = request;
  // Only where it is asked for: what is added to a request changes no hash of those that lack it.
  const added = webhook_include_output ? { webhook_include_output } : {};
  const inputs = canonicalJson(given);
  // No member's name sorts before "inputs".
  const rest = canonicalJson({ ...others, ...added, max_cost_usd: formatUsd(max_cost_usd), metadata });
  return { inputs, sha256: sha256Hex(`{"inputs":${inputs},${rest.slice(1)}`) };
}

/** The payload hash of a body, whether or not its webhook would be allowed. Undefined for what no submit accepts. */
export function payloadHash(body: unknown): string | undefined {
  const { webhook } = z.object({ webhook: z.string() }).safeParse(body).data ?? {};
  const hostname = webhook === undefined ? undefined : URL.parse(webhook)?.hostname;
  const policy = { allow_http: true, allow_hosts: hostname === undefined ? [] : [`${hostname}:*`] };
  const parsed = parseRunRequest(body, policy);
  return "request" in parsed ? payloadOf(parsed.request).sha256 : undefined;
}
