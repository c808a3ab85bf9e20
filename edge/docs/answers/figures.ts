import { z } from "zod";
import { formatUsd, MAX_COST_MICROS, micros, MIN_COST_MICROS, minimumFee } from "#core/domain/money.ts";

/** What the answers of many routes are made of. */
export const usd = z
  .string()
  .regex(/^\d+\.\d{4,6}$/)
  .describe("USD, as a decimal string.");
const feeOf = (reserved: number) => formatUsd(minimumFee(micros(reserved)));
export const minimum_fee_usd = usd.describe(
  "What the run costs if it fails after work began, in USD; never part of what a success costs. " +
    `min(max(${feeOf(MIN_COST_MICROS)}, 2% of the reservation), ${feeOf(MAX_COST_MICROS)}, reservation).`,
);
export const when = z.iso.datetime();
export const sha256 = z.string().regex(/^[0-9a-f]{64}$/);
