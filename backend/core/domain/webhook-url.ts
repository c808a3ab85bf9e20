import { z } from "zod";
import { isListed, targetFault, WEB_PORTS } from "./public-target.ts";
import { WEBHOOK_LIMITS } from "./webhook.ts";

/** What addresses an operator lets webhooks have; what their names resolve to is judged when they are sent. */
export interface WebhookPolicy {
  readonly allow_http: boolean;
  /** `host:port` or `host:*`, let through although they are not public: for development. */
  readonly allow_hosts: readonly string[];
}

export const PUBLIC_HTTPS: WebhookPolicy = { allow_http: false, allow_hosts: [] };

const { max_url_chars } = WEBHOOK_LIMITS;
const WEB_URL = /^https?:\/\/[^\s/?#]\S*$/i;

/** The syntax of a webhook's URL; {@link parseWebhookUrl} checks whether it is allowed. */
export const webhookUrl = z
  .string({ error: ({ input }) => (input === undefined ? "is required" : "must be a URL") })
  .max(max_url_chars, { error: `must be at most ${max_url_chars} characters long`, abort: true })
  .regex(WEB_URL, { error: "must be an absolute https URL", abort: true })
  .meta({
    description: `A public https address on one of the ports ${WEB_PORTS.join(", ")}, without user name, password or fragment.`,
    examples: ["https://hooks.example.com/decisionproof"],
  });

/** A webhook's address as the URL standard writes it, which is what was judged; or why the text may not be one. */
export function parseWebhookUrl(
  text: string,
  policy: WebhookPolicy,
): { readonly href: string } | { readonly error: string } {
  const url = URL.parse(text);
  const error = url === null ? "is not a URL" : urlError(url, text, policy);
  if (url === null || error !== undefined) return { error: error ?? "is not a URL" };
  if (url.href.length <= max_url_chars) return { href: url.href };
  return { error: `must be at most ${max_url_chars} characters long once it is percent-encoded` };
}

function urlError(url: URL, text: string, policy: WebhookPolicy): string | undefined {
  if (url.username !== "" || url.password !== "") return "must not hold a user name or password";
  if (url.hash !== "" || text.includes("#")) return "must not hold a fragment";
  if (url.protocol !== "https:" && !policy.allow_http) return "must be an https URL";
  if (isListed(url, policy.allow_hosts)) return undefined;
  switch (targetFault(url)) {
    case undefined:
      return undefined;
    case "private-address":
      return "must not name an address that is not public";
    case "trailing-dot":
      return "must not name a host with a trailing dot";
    case "local-name":
      return "must name a public host";
    case "port":
      return `must name one of the ports ${WEB_PORTS.join(", ")}`;
  }
}
