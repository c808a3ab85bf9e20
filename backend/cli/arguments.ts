import { InvalidArgumentError } from "commander";
import { z } from "zod";
import { uuid } from "#core/domain/ids.ts";
import { formatUsd, MAX_COST_MICROS, micros, MIN_COST_MICROS, type Micros, parseUsd } from "#core/domain/money.ts";
import { catalog } from "#core/domain/packs/catalog.ts";
import { scope } from "#core/domain/plan.ts";
import { isPrintable, PRINTABLE } from "#core/domain/printable.ts";
import { runStatus } from "#core/domain/run.ts";
import { switchMode } from "#core/store/switch/read-switch.ts";

/** A parser for commander: the value, or its complaint about this very argument. */
const parser =
  <T>(schema: z.ZodType<T, string>) =>
  (text: string): T => {
    const parsed = schema.safeParse(text);
    if (parsed.success) return parsed.data;
    throw new InvalidArgumentError(parsed.error.issues.map((issue) => issue.message).join("; "));
  };

/** An amount is a safe integer of micros. */
const MAX_USD = formatUsd(micros(Number.MAX_SAFE_INTEGER));

const usd = z.string().transform((text, context): Micros => {
  const amount = parseUsd(text);
  if (amount !== undefined) return amount;
  const isTooLarge = /^\d{10,}(?:\.\d{1,6})?$/.test(text);
  context.addIssue(isTooLarge ? `must be at most ${MAX_USD}` : "must be an amount in USD such as 25 or 25.0000");
  return z.NEVER;
});

const usdBetween = (least: number, most: number, message: string) =>
  usd.refine((amount) => amount >= least && amount <= most, message);

const integer = (least: number, most: number) =>
  z
    .string()
    .regex(/^\d{1,9}$/, "must be a whole number")
    .transform(Number)
    .refine((value) => value >= least && value <= most, `must be from ${least} to ${most}`);

const oneOf = <T extends string>(values: readonly T[]) => z.enum(values, `must be one of ${values.join(", ")}`);

const listOf = <T extends string>(values: readonly T[]) =>
  z
    .string()
    .transform((text) => [...new Set(text.split(",").map((part) => part.trim()))])
    .refine((parts): parts is T[] => parts.every((part) => values.some((value) => value === part)), {
      message: `must be of ${values.join(", ")}, with commas between`,
    });

const packs = [...catalog.keys()];

export const id = parser(z.guid("must be a UUID").pipe(uuid));
export const planName = parser(
  z.string().regex(/^[a-z][a-z0-9-]{0,62}$/, "must be lower-case letters, digits and hyphens, a letter first"),
);
export const displayName = parser(
  z
    .string()
    .trim()
    .min(1, "must not be empty")
    .max(200, { error: "must be at most 200 characters long", abort: true })
    .refine(isPrintable, PRINTABLE),
);
export const grantId = parser(
  z.string().regex(/^[\x21-\x7e](?:[\x20-\x7e]{0,198}[\x21-\x7e])?$/, "must be 1 to 200 printable ASCII characters"),
);
export const grantAmount = parser(usdBetween(1, Number.MAX_SAFE_INTEGER, "must be more than zero"));
export const spendingCap = parser(usd);
export const runCharge = parser(usd);
export const findingId = parser(z.string().regex(/^[1-9]\d{0,17}$/, "must be a finding's number"));
export const reason = parser(
  z
    .string()
    .trim()
    .min(1, "must say why")
    .max(2_000, { error: "must be at most 2000 characters long", abort: true })
    .refine(isPrintable, PRINTABLE),
);
export const actionNumber = parser(z.string().regex(/^[1-9]\d{0,17}$/, "must be an action's number"));
export const day = parser(z.iso.date("must be a day such as 2030-01-31"));
export const runCost = parser(usdBetween(MIN_COST_MICROS, MAX_COST_MICROS, "must be from 0.0050 to 1000000"));
export const perMinute = parser(integer(1, 600_000));
export const burst = parser(integer(1, 100_000));
export const openRuns = parser(integer(1, 10_000));
export const days = parser(integer(1, 3_650));
export const graceSeconds = parser(integer(0, 31_536_000));
export const keyMode = parser(oneOf(["live", "test"]));
export const switchPosition = parser(oneOf(switchMode.options));
export const scopes = parser(listOf(scope.options));
export const packTypes = parser(listOf(packs));
export const packType = parser(oneOf(packs));
export const percent = parser(integer(0, 100));
export const pageSize = parser(integer(1, 100));
export const status = parser(
  z
    .string()
    .transform((text) => text.toUpperCase())
    .pipe(oneOf(runStatus.options)),
);
export const port = parser(integer(1, 65_535));
const httpUrl = parser(z.url({ protocol: /^https?$/, error: "must be an http:// or https:// URL" }));
const MOST_ADDRESSES = 32;
/** Of an option that may be repeated. */
export const metricsAddress = (text: string, earlier: readonly string[] = []): readonly string[] => {
  if (earlier.length === MOST_ADDRESSES) throw new InvalidArgumentError(`may be given ${MOST_ADDRESSES} times`);
  return [...earlier, httpUrl(text)];
};
export const expiry = parser(
  z.iso
    .datetime({ offset: true, error: "must be an RFC 3339 time such as 2030-01-31T00:00:00Z" })
    .transform((text) => new Date(text)),
);
