import { z } from "zod";
import { scope } from "#core/domain/plan.ts";
import { keyId, next_cursor, usd, when } from "#core/domain/api-values.ts";

const perMinute = (requests: string, example: number) =>
  z
    .int()
    .nullable()
    .meta({
      description: `A rate of its own for ${requests}, in requests a minute. Null: the plan's rate alone.`,
      examples: [example],
    });

export const keyView = z.strictObject({
  key_id: keyId,
  name: z.string().meta({ description: "How people call it.", examples: ["ci"] }),
  mode: z.enum(["live", "test"]).describe("What its prefix says: `dpp_live_...` or `dpp_test_...`."),
  scopes: z.array(scope).meta({ description: "What the key may do.", examples: [["submit", "read"]] }),
  status: z.enum(["active", "revoked", "expired"]).describe("Only an active key is taken."),
  created_at: when.describe("When it was made."),
  expires_at: when
    .nullable()
    .meta({ description: "When it ends. Null: never.", examples: ["2027-11-21T09:30:00.000Z"] }),
  revoked_at: when.nullable().meta({ description: "When it was revoked; null if it was not.", examples: [null] }),
  rotated_from: keyId.nullable().meta({ description: "The key that this one succeeds, or null.", examples: [null] }),
  submit_per_minute: perMinute("submits", 60),
  read_per_minute: perMinute("all that is no submit", 600),
  spending_cap_usd: usd.nullable().meta({
    description: "What it and its successors may ever spend, in USD. Null: no cap of its own.",
    examples: ["25.0000"],
  }),
  spent_usd: usd.nullable().meta({
    description:
      "What counts against the cap, in USD: charged, or held by open runs, of this key and all that it was rotated from or to. Null without a cap.",
    examples: ["13.5000"],
  }),
  current: z.boolean().describe("Whether this is the key that asks."),
});

export const keyList = z.strictObject({ keys: z.array(keyView).describe("Newest first."), next_cursor });

const api_key = z.string().meta({
  description: "The key itself, shown this once: only its hash is stored.",
  examples: ["dpp_live_..."],
});

export const newKeyView = keyView.extend({ api_key });

export const rotatedKeyView = newKeyView.extend({
  old_expires_at: when.meta({ description: "When the old key ends.", examples: ["2026-11-22T09:30:00.000Z"] }),
});

/** By their names in the document. */
export const SCHEMAS = { Key: keyView, KeyList: keyList, NewKey: newKeyView, RotatedKey: rotatedKeyView };
