import { fromBase64, fromUtf8, readUpTo, toBase64, utf8 } from "./bytes.ts";
import { VerificationError } from "./errors.ts";
import type { WebhookEvent } from "./types.ts";

/** The service sends 128 KiB at most. */
const MAX_BODY_BYTES = 256 * 1024;
const TOLERANCE_SECONDS = 300;
const PREFIX = "whsec_";
const MAX_SIGNATURES = 10;

/** A request that was received: a `Request`, or its parts with the body as it came, not parsed. */
export type ReceivedWebhook =
  | Request
  | {
      readonly body: string | Uint8Array;
      readonly headers: Headers | Readonly<Record<string, string | readonly string[] | undefined>>;
    };

export interface VerifyWebhookOptions {
  /** How far its time may be from this machine's, in seconds; 300. */
  readonly toleranceSeconds?: number | undefined;
  /** Unix milliseconds; by default the time of this machine. */
  readonly now?: number | undefined;
}

export interface VerifiedWebhook {
  /** The same in every attempt to deliver the event. */
  readonly id: string;
  readonly event: WebhookEvent;
}

/** The event of a webhook (Standard Webhooks 1.0). Throws VerificationError unless a secret signed it just now. */
export async function verifyWebhook(
  received: ReceivedWebhook,
  secret: string | readonly string[],
  { toleranceSeconds = TOLERANCE_SECONDS, now = Date.now() }: VerifyWebhookOptions = {},
): Promise<VerifiedWebhook> {
  const id = headerOf(received, "webhook-id");
  const timestamp = headerOf(received, "webhook-timestamp");
  const signatures = headerOf(received, "webhook-signature").split(" ").slice(0, MAX_SIGNATURES);
  if (!/^\d{1,12}$/.test(timestamp) || Math.abs(Number(timestamp) - now / 1_000) > toleranceSeconds)
    throw new VerificationError("the webhook is too old, or this clock is wrong");
  const body = await bodyOf(received);
  const signed = utf8(`${id}.${timestamp}.${body}`);
  for (const each of typeof secret === "string" ? [secret] : secret) {
    const key = await keyOf(each);
    for (const signature of signatures) {
      const bytes = signature.startsWith("v1,") ? fromBase64(signature.slice(3)) : undefined;
      if (bytes !== undefined && (await crypto.subtle.verify("HMAC", key, bytes, signed)))
        return { id, event: JSON.parse(body) as WebhookEvent };
    }
  }
  throw new VerificationError("the signature is not valid");
}

export interface WebhookToSign {
  readonly id: string;
  readonly body: string;
  /** Unix seconds; by default the time of this machine. */
  readonly timestamp?: number | undefined;
}

/** The headers with which the service would send this body: for tests of a receiver. */
export async function signWebhook(
  { id, body, timestamp = Math.floor(Date.now() / 1_000) }: WebhookToSign,
  secret: string,
): Promise<Record<"content-type" | "webhook-id" | "webhook-timestamp" | "webhook-signature", string>> {
  const signature = await crypto.subtle.sign("HMAC", await keyOf(secret), utf8(`${id}.${timestamp}.${body}`));
  return {
    "content-type": "application/json",
    "webhook-id": id,
    "webhook-timestamp": String(timestamp),
    "webhook-signature": `v1,${toBase64(signature)}`,
  };
}

async function keyOf(secret: string): Promise<CryptoKey> {
  const bytes = secret.startsWith(PREFIX) ? fromBase64(secret.slice(PREFIX.length)) : undefined;
  if (bytes === undefined || bytes.length === 0) throw new TypeError("not a webhook secret");
  return crypto.subtle.importKey("raw", bytes, { name: "HMAC", hash: "SHA-256" }, false, ["sign", "verify"]);
}

function headerOf({ headers }: ReceivedWebhook, name: string): string {
  const all = headers instanceof Headers ? headers.entries() : Object.entries(headers);
  for (const [key, value] of all) if (key.toLowerCase() === name && typeof value === "string") return value;
  throw new VerificationError(`the webhook has no ${name}`);
}

async function bodyOf({ body }: ReceivedWebhook): Promise<string> {
  if (typeof body === "string") return body;
  return fromUtf8(body instanceof Uint8Array ? body : await readUpTo(body, MAX_BODY_BYTES));
}
