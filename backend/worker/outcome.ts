import { z } from "zod";
import type { PackOutcome } from "#core/domain/pack.ts";

/** A text that Postgres takes: a run whose failure it refuses would never be closed. */
const storable = z.string().transform((text) => text.replaceAll("\0", "\uFFFD").toWellFormed());
const reason = { reason_code: z.string().regex(/^[A-Z][A-Z0-9_]*$/), detail: storable };
const file = { name: z.string(), content_type: z.string() };

const outcome = z.discriminatedUnion("kind", [
  z.object({
    kind: z.literal("done"),
    data: z.unknown(),
    artifacts: z.array(z.union([z.object({ ...file, text: z.string() }), z.object({ ...file, base64: z.string() })])),
    units: z.record(z.string(), z.number()),
    reliability: z.number(),
  }),
  z.object({ kind: z.literal("input_rejected"), ...reason }),
  z.object({ kind: z.literal("pack_failed"), ...reason }),
]);

/** What a pack answered, if it is an outcome; undefined for anything else: a pack is code that somebody adds. */
export const parseOutcome = (value: unknown): PackOutcome | undefined => outcome.safeParse(value).data;
