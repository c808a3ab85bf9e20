import type { z } from "zod";
import { type Micros, micros } from "./money.ts";

/** Counted units of work by name; each a safe integer of at least zero. */
export type Units = Readonly<Record<string, number>>;

/** Price of one unit in micros, and what one unit is. */
interface Price {
  readonly unit_micros: Micros;
  readonly per: string;
}

/** Inputs that a pack takes; `title` says to people what they show. */
export interface PackExample<Inputs = unknown> {
  readonly title: string;
  readonly inputs: Inputs;
}

/**
 * What a pack offers: everything that can be known without running it. Edge and worker share it, so that inputs are
 * checked and priced by one piece of code. Money is never moved here.
 */
export interface PackOffer<Inputs = unknown> {
  readonly type: string;
  /** Rises when the same inputs may give other data. */
  readonly version: string;
  readonly title: string;
  readonly summary: string;
  readonly inputs: z.ZodType<Inputs>;
  /** What `data` of a result is. A worker delivers no other; a bound here is never below what the work can make. */
  readonly data: z.ZodType;
  readonly prices: Readonly<Record<string, Price>>;
  /** What `reliability` (0-1) of a result means; a run below its `min_reliability_score` fails. */
  readonly reliability: string;
  /** The first is the simplest; the others show what else there is. */
  readonly examples: readonly [PackExample<Inputs>, ...PackExample<Inputs>[]];
  estimate(inputs: Inputs): Estimate;
}

/**
 * What inputs will use: `units` exactly, or, where only the work shows it, `units` at least and `most_units` at
 * most. Units that rise never lower a price.
 */
export type Estimate = (
  | { readonly exact: true; readonly units: Units }
  | {
      readonly exact: false;
      readonly units: Units;
      readonly most_units: Units;
      /** Those of `units` that are only likely: an endpoint that counts fewer, or none, is paid less. */
      readonly likely?: Units;
    }
) & {
  /** JSON Pointers into the inputs: while nobody fills these in, the answer is NEEDS_INPUT, which costs nothing. */
  readonly needs_input?: readonly string[];
  /** Only a model can do this: a service without one refuses the run. */
  readonly needs_model?: true;
};

/** The estimate where nobody fills in what is missing: the answer is NEEDS_INPUT, and nothing is used. */
export const unfilled = (estimate: Estimate): Estimate =>
  estimate.needs_input === undefined ? estimate : { exact: true, units: {}, needs_input: estimate.needs_input };

/** What a success costs: from `least` to `most`, which are the same where the price is exact. */
export interface PriceRange {
  readonly least: Micros;
  readonly most: Micros;
  /** `least` without what is only likely: no success costs less. */
  readonly certain: Micros;
}

/** Price list x units, in micros. Throws RangeError for a unit without a price or a count that is no safe integer. */
export function priceOf(prices: PackOffer["prices"], units: Units): Micros {
  let total = 0;
  for (const [name, count] of Object.entries(units)) {
    const price = prices[name];
    if (price === undefined) throw new RangeError(`no price for unit ${name}`);
    if (!Number.isSafeInteger(count) || count < 0) throw new RangeError(`bad count of unit ${name}`);
    total += price.unit_micros * count;
  }
  return micros(total);
}

/** The price of what was estimated. A NEEDS_INPUT costs nothing, whatever the price of an answer. */
export function priceRange(prices: PackOffer["prices"], estimate: Estimate): PriceRange {
  const least = priceOf(prices, estimate.units);
  if (estimate.exact) return { least, most: least, certain: least };
  const likely = priceOf(prices, estimate.likely ?? {});
  return { least, most: priceOf(prices, estimate.most_units), certain: micros(least - likely) };
}

/** What a finished run is charged: its price, or undefined where that is above its reservation: no work is cut short for it. */
export function chargeFor(prices: PackOffer["prices"], units: Units, reserved: Micros): Micros | undefined {
  const price = priceOf(prices, units);
  return price <= reserved ? price : undefined;
}

/** How many of `unit` the cap covers beside `fixed`; 0 where it does not even cover those, or covers none more. */
export function unitsWithin(prices: PackOffer["prices"], cap: Micros, fixed: Units, unit: string): number {
  const left = cap - priceOf(prices, fixed);
  const one = priceOf(prices, { [unit]: 1 });
  if (one === 0) return left < 0 ? 0 : Number.MAX_SAFE_INTEGER;
  return Math.max(0, Math.floor(left / one));
}

/** A file that a pack made, kept inside the result object. */
export type Artifact =
  | { readonly name: string; readonly content_type: string; readonly text: string }
  | { readonly name: string; readonly content_type: string; readonly base64: string };

/**
 * How a pack's work ended. `input_rejected` costs nothing; `pack_failed` costs the minimum fee, or what the pack owes. Reason codes are
 * UPPER_SNAKE_CASE; a detail is shown to the caller and leaks nothing internal.
 */
export type PackOutcome =
  | {
      readonly kind: "done";
      /** A plain JSON value, or one that the pack's own process has written: see `WrittenJson`. */
      readonly data: unknown;
      readonly artifacts: readonly Artifact[];
      readonly units: Units;
      readonly reliability: number;
    }
  | { readonly kind: "input_rejected"; readonly reason_code: string; readonly detail: string }
  | { readonly kind: "pack_failed"; readonly reason_code: string; readonly detail: string };
