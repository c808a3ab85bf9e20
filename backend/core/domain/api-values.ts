import { z } from "zod";
import { formatUsd, MAX_COST_MICROS, micros, MIN_COST_MICROS, minimumFee } from "./money.ts";

const USD = z.string().regex(/^[0-9]{1,16}[.][0-9]{4,6}$/);

/** What the answers of many routes are made of. */
export const usd = USD.meta({ description: "USD, as a decimal string.", examples: ["0.0130"] });
export const amount = (description: string, example: string) => usd.meta({ description, examples: [example] });
const feeOf = (reserved: number) => formatUsd(minimumFee(micros(reserved), micros(reserved)));
/** How the minimum fee is made. */
export const MINIMUM_FEE = `min(max(${feeOf(MIN_COST_MICROS)}, 2% of the reservation), ${feeOf(MAX_COST_MICROS)}, the least that a success costs, a model's tokens aside)`;
export const minimum_fee_usd = USD.meta({
  description:
    "What the run costs if it fails or is canceled after work began, in USD; never part of what a success costs, and never more. " +
    `${MINIMUM_FEE}. Where a model worked for a run that fails, its tokens are charged if they cost more. A failure of the service's own costs nothing, unless its operator has set that it costs this.`,
  examples: ["0.0120"],
});
export const when = z.iso.datetime().meta({ description: "RFC 3339, in UTC.", examples: ["2026-11-21T09:30:00.000Z"] });
export const sha256 = z
  .string()
  .regex(/^[0-9a-f]{64}$/)
  .meta({
    description: "SHA-256 of the bytes, in hex.",
    examples: ["9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08"],
  });
export const runId = z
  .uuid()
  .meta({ description: "The run's id, a UUIDv7.", examples: ["01a1fa37-24d5-77a5-b92c-ccf601371541"] });
export const keyId = z
  .uuid()
  .meta({ description: "The API key's id, which is no secret.", examples: ["01a1fa2e-8c10-7d41-9a53-1f2b7c9d0e64"] });
export const packType = z.string().meta({ description: "The pack's type.", examples: ["url"] });
export const packVersion = z
  .string()
  .meta({ description: "Rises when the same inputs may give other data.", examples: ["1.1.0"] });

export const next_cursor = z
  .string()
  .nullable()
  .meta({
    description:
      "The `cursor` of the next page; null on the last one. A page may be short, or empty, and not be the last.",
    examples: [null],
  });

export const next_position = z
  .string()
  .nullable()
  .optional()
  .meta({
    description:
      "Only where the order is that of commits: pass it as `cursor` to go on from here, now or at any later time, and nothing is missed and nothing comes twice. Null while there is nothing yet.",
    examples: ["eyJsaXN0IjoibGVkZ2VyIiwiZXBvY2giOjEsIm9yZGVyIjoiMjgxNDc0OTc2NzExNDAwIiwiaWQiOiIxMDQyIn0"],
  });
