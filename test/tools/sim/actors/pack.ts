import { z } from "zod";
import { micros } from "#core/domain/money.ts";
import { type PackOffer, type PriceRange, priceRange } from "#core/domain/pack.ts";
import type { Sleeper } from "#core/ports/clock.ts";
import { ProcessLost } from "../../../../backend/worker/packs/isolation/work-process.ts";
import type { Pack } from "../../../../backend/worker/packs/pack.ts";

const inputs = z.object({
  /** How long the work takes. */
  ms: z.number().int(),
  end: z.enum(["done", "ask", "fail", "reject", "crash", "hang", "lose"]),
  units: z.number().int(),
  /** How long it waits first for a process that others hold. */
  wait_ms: z.number().int().optional(),
  /** Units beyond those, which only the work shows. */
  more: z.number().int().optional(),
});
export type PackPlan = z.infer<typeof inputs>;

export const UNIT_MICROS = 1_000;

const offer: PackOffer<PackPlan> = {
  type: "decision",
  version: "1",
  title: "simulated",
  summary: "does what its inputs say",
  inputs,
  data: z.unknown(),
  prices: { unit: { unit_micros: micros(UNIT_MICROS), per: "unit" } },
  reliability: "always 1",
  examples: [{ title: "done", inputs: { ms: 1, end: "done", units: 1 } }],
  estimate: ({ units, end, more = 0 }) => {
    if (end === "ask") return { units: {}, exact: true, needs_input: ["/units"] };
    const least = { unit: units };
    return more === 0
      ? { units: least, exact: true }
      : { units: least, most_units: { unit: units + more }, exact: false };
  },
};

/** What a success of this plan is known to cost beforehand, and what its work will show. */
export const priceOfPlan = (plan: PackPlan): PriceRange => priceRange(offer.prices, offer.estimate(plan));

/** A pack whose inputs say how it ends. It heeds its signal, but for one that hangs. */
export function simPacks(sleeper: Sleeper): ReadonlyMap<string, Pack<unknown>> {
  const pack: Pack<PackPlan> = {
    offer,
    run: async ({ ms, end, units, more = 0, wait_ms }, { signal, turn }) => {
      if (wait_ms !== undefined) await turn.wait(sleeper.sleep(wait_ms, signal));
      if (end === "hang") return new Promise(() => undefined);
      await sleeper.sleep(ms, signal);
      if (end === "crash") throw new Error("the pack crashed, as it was told to");
      if (end === "lose") throw new ProcessLost("killed, as it was told to be");
      if (end === "reject") return { kind: "input_rejected", reason_code: "REJECTED", detail: "rejected" };
      if (end === "fail") return { kind: "pack_failed", reason_code: "FAILED", detail: "failed" };
      if (end === "ask") return { kind: "done", data: "what?", artifacts: [], units: {}, reliability: 0 };
      return { kind: "done", data: { units }, artifacts: [], units: { unit: units + more }, reliability: 1 };
    },
  };
  return new Map([[offer.type, pack as unknown as Pack<unknown>]]);
}
