import { z } from "zod";
import { next_cursor, next_position, sha256, when } from "#core/domain/api-values.ts";
import { resultDocument } from "#core/domain/result.ts";
import { runView } from "#core/domain/run-view.ts";
import { estimateView } from "./estimate-schema.ts";

export const resultView = z.strictObject({
  url: z.url().meta({
    description: "Presigned; needs no API key. Anyone who has it can download the result until it expires.",
    examples: ["https://results.example/results/1/01a1fa37.json?X-Amz-Expires=900&X-Amz-Signature=5d41402a"],
  }),
  sha256,
  size_bytes: z.int().meta({ description: "Size of the result, in bytes.", examples: [1834] }),
  content_type: z.string().meta({ description: "Media type of the result.", examples: ["application/json"] }),
  expires_at: when.describe("Until when the address is good."),
});

export const runList = z.strictObject({
  runs: z.array(runView).describe("Newest first, or in the order that was asked for."),
  next_cursor,
  next_position,
});

/** By their names in the document. */
export const SCHEMAS = {
  Run: runView,
  RunList: runList,
  Result: resultView,
  Output: resultDocument,
  Estimate: estimateView,
};
