import { z } from "zod";
import { WEBHOOK_LIMITS } from "../../domain/webhook.ts";
import type { Db } from "../../ports/db.ts";
import { timestamp } from "../columns.ts";
import { bytea, fn } from "../fn.ts";
import { webhookColumns } from "./list-webhooks.ts";

export const unauthorized = z.object({ outcome: z.enum(["unauthorized", "scope-missing"]) });
const refused = z.object({ outcome: z.enum(["absent", "read-only"]) });

const deleted = z.union([z.object({ outcome: z.literal("deleted") }), refused, unauthorized]);

export async function deleteWebhook(db: Db, key_sha256: string, endpoint_id: string): Promise<z.infer<typeof deleted>> {
  return deleted.parse((await fn(db, "delete_webhook", [bytea(key_sha256), endpoint_id]))[0]);
}

const enabled = z.union([
  webhookColumns
    .extend({ outcome: z.literal("enabled") })
    .transform(({ outcome, ...webhook }) => ({ outcome, webhook })),
  refused,
  unauthorized,
]);

export async function enableWebhook(db: Db, key_sha256: string, endpoint_id: string): Promise<z.infer<typeof enabled>> {
  return enabled.parse((await fn(db, "enable_webhook", [bytea(key_sha256), endpoint_id], "outcome, (webhook).*"))[0]);
}

const rotated = z.union([
  z.object({ outcome: z.literal("rotated"), previous_until: timestamp.nullable() }),
  refused,
  unauthorized,
]);

/** `endpoint_id` undefined: the tenant's default, which is created if it does not exist. */
export async function rotateWebhook(
  db: Db,
  key_sha256: string,
  { endpoint_id, secret }: { readonly endpoint_id: string | undefined; readonly secret: string },
): Promise<z.infer<typeof rotated>> {
  const values = [bytea(key_sha256), endpoint_id ?? null, secret, WEBHOOK_LIMITS.rotation_grace_seconds];
  return rotated.parse((await fn(db, "rotate_webhook", values))[0]);
}

const secretFound = z.object({
  outcome: z.literal("found"),
  secret: z.string(),
  previous_until: timestamp.nullable(),
});
const foundOrRefused = z.union([secretFound, z.object({ outcome: z.literal("read-only") }), unauthorized]);

/** The secret that signs what goes to runs' own addresses; `secret` where the tenant has none yet. */
export async function defaultWebhookSecret(
  db: Db,
  key_sha256: string,
  secret: string,
): Promise<z.infer<typeof foundOrRefused>> {
  return foundOrRefused.parse((await fn(db, "default_webhook_secret", [bytea(key_sha256), secret]))[0]);
}
