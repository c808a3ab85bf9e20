import type { WebhookResponse, WebhookRequest, WebhookSender } from "#core/ports/webhook-sender.ts";
import { header, pinnedRequest, type Response } from "./pinned-request.ts";
import { createDnsLookup, type Lookup, lookupListed, type Lookups } from "./resolve-name.ts";
import { resolveTarget } from "./resolve-target.ts";
import { waitOf } from "#core/domain/retry-after.ts";

const TIMEOUT_MS = 15_000;
const MAX_BYTES_READ = 65_536;
const USER_AGENT = "Decisionproof-Webhook/1.0";

export interface WebhookSenderSettings {
  /** "host:port" or "host:*" that the guard lets through, for development; none by default. */
  readonly allowHosts?: readonly string[];
  /** Of the whole exchange, the name's resolution included. */
  readonly timeoutMs?: number;
  /** Instead of the DNS and of the operating system. */
  readonly lookup?: Lookup;
}

/** Sends webhooks to public web servers, one connection each, to an address that was judged. */
export function createWebhookSender(settings: WebhookSenderSettings = {}): WebhookSender {
  const { allowHosts = [], timeoutMs = TIMEOUT_MS } = settings;
  const lookups: Lookups = {
    lookup: settings.lookup ?? createDnsLookup(),
    lookupListed: settings.lookup ?? lookupListed,
  };
  return async (request) => {
    const signal = AbortSignal.timeout(timeoutMs);
    try {
      return await send(request, { lookups, allowHosts, signal });
    } catch {
      // The signal ends nothing else: whatever is thrown before it is about the connection.
      return { kind: "unanswered", fault: signal.aborted ? "timeout" : "connection" };
    }
  };
}

interface Trip {
  readonly lookups: Lookups;
  readonly allowHosts: readonly string[];
  readonly signal: AbortSignal;
}

async function send(request: WebhookRequest, { lookups, allowHosts, signal }: Trip): Promise<WebhookResponse> {
  const url = URL.parse(request.url);
  if (url === null) return { kind: "unanswered", fault: "address-not-allowed" };
  const target = await resolveTarget(url, lookups, allowHosts, signal);
  if (target.kind === "refused") return { kind: "unanswered", fault: "address-not-allowed" };
  if (target.kind === "unresolved") return { kind: "unanswered", fault: "dns" };
  const headers = { ...request.headers, "content-type": "application/json", "user-agent": USER_AGENT };
  return pinnedRequest(url, target.addresses, { method: "POST", headers, body: request.body, signal }, answerOf);
}

async function answerOf({ statusCode: status, headers, body }: Response): Promise<WebhookResponse> {
  await readSome(body);
  return { kind: "answered", status, retry_after_seconds: waitOf(header(headers, "retry-after"), Date.now()) / 1_000 };
}

/** Reads the receiver's body up to a bound; the status counts, however the body ends. */
async function readSome(body: Response["body"]): Promise<void> {
  let size = 0;
  try {
    for await (const chunk of body as AsyncIterable<Buffer>) {
      size += chunk.length;
      if (size > MAX_BYTES_READ) return;
    }
  } catch {
    // It broke off.
  }
}
