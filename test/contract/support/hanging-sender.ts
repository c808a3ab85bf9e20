import type { WebhookResponse, WebhookSender } from "#core/ports/webhook-sender.ts";

export const OK: WebhookResponse = { kind: "answered", status: 200, retry_after_seconds: 0 };

/** Not again in the same round, however slow the machine is. */
const TRY_LATER: WebhookResponse = { kind: "answered", status: 503, retry_after_seconds: 3_600 };

/** A sender whose receivers named dead.* hang until they are let go. */
export function hangingSender() {
  const sent: string[] = [];
  const waiting = new Map<string, () => void>();
  const hung = Promise.withResolvers<void>();
  const send: WebhookSender = async ({ url }) => {
    const host = new URL(url).hostname;
    sent.push(host);
    waiting.get(host)?.();
    if (!host.startsWith("dead")) return OK;
    await hung.promise;
    return TRY_LATER;
  };
  const sentTo = (host: string) =>
    new Promise<void>((resolve) => (sent.includes(host) ? resolve() : waiting.set(host, resolve)));
  return { send, sent, sentTo, letGo: () => hung.resolve() };
}

/** Rests for no time at all. */
export const EAGER = { sleep: async () => void (await new Promise((resolve) => setImmediate(resolve))) };
