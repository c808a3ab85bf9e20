import { z } from "zod";
import { scope } from "#core/domain/plan.ts";
import { usd, when } from "./figures.ts";

export const keyView = z.strictObject({
  key_id: z.uuid(),
  name: z.string(),
  mode: z.enum(["live", "test"]),
  scopes: z.array(scope),
  status: z.enum(["active", "revoked", "expired"]),
  created_at: when,
  expires_at: when.nullable().describe("Null: never."),
  revoked_at: when.nullable(),
  rotated_from: z.uuid().nullable().describe("The key whose successor it is."),
  submit_per_minute: z.int().nullable().describe("Null: the plan's rate alone."),
  read_per_minute: z.int().nullable().describe("Null: the plan's rate alone."),
  spending_cap_usd: usd.nullable().describe("Null: no cap of its own."),
  spent_usd: usd
    .nullable()
    .describe(
      "What counts against the cap: charged, or held by open runs, of this key and all that it was rotated from or to.",
    ),
  current: z.boolean().describe("Whether this is the key that asks."),
});

export const keyList = z.strictObject({
  keys: z.array(keyView).describe("Newest first."),
  next_cursor: z.string().nullable().describe("For the next page; null on the last."),
});

const api_key = z.string().describe("The key itself, shown this once: only its hash is stored.");

export const newKeyView = keyView.extend({ api_key });

export const rotatedKeyView = newKeyView.extend({ old_expires_at: when.describe("When the old key ends.") });
