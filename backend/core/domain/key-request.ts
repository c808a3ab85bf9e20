import { z } from "zod";
import { textUpTo } from "./bounded.ts";
import { type Micros, parseUsd } from "./money.ts";
import { scope } from "./plan.ts";
import { isPrintable, PRINTABLE } from "./printable.ts";

const MAX_NAME_CHARS = 200;
const MAX_PER_MINUTE = 600_000;
const MAX_GRACE_SECONDS = 604_800;
const DEFAULT_GRACE_SECONDS = 86_400;
/** Later times have years of five digits in some offset, which RFC 3339 has not. */
const LAST_EXPIRY = new Date("9999-01-01T00:00:00Z");

const MAX_USD_CHARS = 16;
const USD_FORM = 'must be a decimal string such as "25.0000", with at most six decimal places';
const MAX_TIME_CHARS = 64;
const TIME = z.iso.datetime({ offset: true });
const TIME_FORM = "must be an RFC 3339 time such as 2030-01-31T00:00:00Z";

const perMinute = z.int().min(1).max(MAX_PER_MINUTE).optional();

const spendingCap = z
  .string({ error: 'must be a decimal string such as "25.0000", in quotes' })
  .max(MAX_USD_CHARS, { error: USD_FORM, abort: true })
  .regex(/^[0-9]{1,9}([.][0-9]{1,6})?$/, { error: USD_FORM, abort: true })
  .meta({ description: "What the key and its successors may ever spend, in USD. Left out: no cap of its own." })
  .transform((text, context): Micros => {
    const amount = parseUsd(text);
    if (amount !== undefined) return amount;
    context.addIssue("must be an amount in USD");
    return z.NEVER;
  });

const name = textUpTo(MAX_NAME_CHARS)
  .regex(/\S/, "must not be blank")
  .refine(isPrintable, PRINTABLE)
  .describe("How people call it; it need not be unique.");

/** The body of `POST /v1/keys`. Whether the expiry is still to come is for the database's clock to say. */
export const keyRequest = z.strictObject({
  name,
  scopes: z
    .array(scope)
    .min(1)
    .max(scope.options.length)
    .refine((scopes) => new Set(scopes).size === scopes.length, "must name each scope once")
    .meta({ description: "What the key may do: no more than the key that asks.", uniqueItems: true }),
  mode: z.enum(["live", "test"]).optional().describe("Left out: as the key that asks."),
  expires_at: z
    .string({ error: TIME_FORM })
    .max(MAX_TIME_CHARS, { error: TIME_FORM, abort: true })
    // RFC 3339 takes the letters in lower case too.
    .refine((text) => TIME.safeParse(text.toUpperCase()).success, { error: TIME_FORM, abort: true })
    .meta({ format: "date-time" })
    .transform((text) => new Date(text.toUpperCase()))
    .refine((time) => time < LAST_EXPIRY, `must be before ${LAST_EXPIRY.toISOString()}`)
    .optional()
    .describe("When the key expires, a time in the future. Default: as the key that asks, which may be never."),
  submit_per_minute: perMinute.describe(
    "A rate of its own. Its burst is the plan's, at most one minute of this rate; the plan's rate holds besides.",
  ),
  read_per_minute: perMinute.describe("The same for all that is no submit."),
  spending_cap_usd: spendingCap.optional(),
});

/** The body of `POST /v1/keys/{id}/rotate`. */
export const rotateRequest = z.strictObject({
  grace_seconds: z
    .int()
    .min(0)
    .max(MAX_GRACE_SECONDS)
    .default(DEFAULT_GRACE_SECONDS)
    .meta({
      description: "How long the old key still lives, in seconds, if it does not expire sooner.",
      examples: [3_600],
    }),
});

/** The body of `PATCH /v1/keys/{id}`: what is left out stays. */
export const keyChange = z.strictObject({
  name: name.optional(),
  spending_cap_usd: spendingCap
    .describe(
      "What the key and its successors may ever spend, in USD: no less than what counts against it already. Only of a key that was created with a cap.",
    )
    .optional(),
});
