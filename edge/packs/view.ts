import type { z } from "zod";
import { formatUsd, least, MAX_COST_MICROS, MIN_COST_MICROS, micros } from "#core/domain/money.ts";
import type { PackOffer } from "#core/domain/pack.ts";
import { TIMEBOX_SECONDS } from "#core/domain/run-request.ts";
import type { OwnPlan } from "#core/store/plans/find-plan.ts";
import { MAX_BODY_BYTES } from "../http/body.ts";
import type * as answers from "./schemas.ts";
import { dataSchema, exampleRuns, inputsSchema } from "../runs/request-schemas.ts";

export type PackView = z.input<typeof answers.packView>;

/** What a pack offers, to a caller with this plan. */
export function viewPack(offer: PackOffer, plan: OwnPlan): PackView {
  const most = micros(MAX_COST_MICROS);
  return {
    pack_type: offer.type,
    pack_version: offer.version,
    title: offer.title,
    summary: offer.summary,
    in_plan: plan.pack_types.includes(offer.type),
    inputs: inputsSchema(offer.type),
    data: dataSchema(offer.type),
    prices: viewPrices(offer),
    limits: {
      max_cost_usd: {
        minimum: formatUsd(micros(MIN_COST_MICROS)),
        maximum: formatUsd(least(most, plan.max_cost_micros ?? most)),
      },
      timebox_sec: TIMEBOX_SECONDS,
      body_bytes: { maximum: MAX_BODY_BYTES },
    },
    reliability: offer.reliability,
    examples: exampleRuns(offer),
  };
}

export const viewPrices = ({ prices }: PackOffer): z.input<typeof answers.prices> =>
  Object.fromEntries(
    Object.entries(prices).map(([unit, { unit_micros, per }]) => [
      unit,
      { unit_price_usd: formatUsd(unit_micros), per },
    ]),
  );
