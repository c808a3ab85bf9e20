import { hmac } from "@noble/hashes/hmac.js";
import { sha256 } from "@noble/hashes/sha2.js";
import { utf8ToBytes } from "@noble/hashes/utils.js";
import { z } from "zod";
import { fromBase64, toBase64 } from "./base64.ts";

/** The types of events that a webhook can subscribe to. */
export const EVENT_TYPES = ["run.completed", "run.failed", "run.canceled", "budget.threshold", "key.revoked"] as const;

/** The type of the event that its owner sends a webhook to try it, whatever it subscribes to. */
export const TEST_EVENT = "webhook.test";

export type EventType = (typeof EVENT_TYPES)[number];

export const deliveryStatus = z.enum(["pending", "delivered", "failed", "canceled", "skipped"]);

export const WEBHOOK_LIMITS = {
  max_url_chars: 2_048,
  /** Of a delivery: a result of 64 KiB, and metadata in which JSON escapes every character. */
  max_body_bytes: 128 * 1024,
  max_description_chars: 500,
  max_endpoints: 20,
  /** Made within 24 hours, deleted ones included. */
  max_new_endpoints_a_day: 100,
  /**
   * Deliveries to one account in an hour of what cost nothing, redeliveries and test events among them: anybody can make
   * such events as fast as a rate allows, and each is sent to as many addresses as there are endpoints.
   */
  max_unpaid_per_hour: 1_000,
  /** How long a secret signs beside the one that took its place. */
  rotation_grace_seconds: 86_400,
} as const;

/** Random bytes that {@link newWebhookSecret} wants. */
export const WEBHOOK_SECRET_BYTES = 32;
const PREFIX = "whsec_";

export const newWebhookSecret = (random: Uint8Array): string => PREFIX + toBase64(random);

export interface SignedMessage {
  /** The `webhook-id`: the same in every attempt. */
  readonly id: string;
  /** The `webhook-timestamp`, in Unix seconds: of this attempt. */
  readonly timestamp: number;
  readonly body: string;
}

/** The `webhook-signature` (Standard Webhooks 1.0): `v1,<HMAC-SHA256 in base64>` for each secret, spaces between. */
export function signatureOf({ id, timestamp, body }: SignedMessage, secrets: readonly string[]): string {
  const signed = utf8ToBytes(`${id}.${timestamp}.${body}`);
  return secrets
    .map((secret) => `v1,${toBase64(hmac(sha256, fromBase64(secret.slice(PREFIX.length)), signed))}`)
    .join(" ");
}

const MINUTE = 60;
const HOUR = 3_600;
/** How long each try but the first waits, in seconds: about three days together. */
const WAITS = [5, 5 * MINUTE, 30 * MINUTE, 2 * HOUR, 5 * HOUR, 10 * HOUR, 14 * HOUR, 20 * HOUR, 24 * HOUR];
const JITTER = 0.2;
const LONGEST_RETRY_AFTER_SECONDS = 24 * HOUR;

/**
 * Seconds until a delivery is tried again after so many tries in vain, 20 % more or less by `chance` (0 to 1), or as
 * long as the receiver asks for, up to a day; undefined when it was the last.
 */
export function retrySeconds(tries: number, chance: number, retry_after_seconds = 0): number | undefined {
  const wait = WAITS[tries - 1];
  if (wait === undefined) return undefined;
  const jittered = wait * (1 + JITTER * (2 * chance - 1));
  return Math.max(jittered, Math.min(retry_after_seconds, LONGEST_RETRY_AFTER_SECONDS));
}
