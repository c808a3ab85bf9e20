import type { MiddlewareHandler } from "hono";
import type { EdgeTypes } from "./context.ts";

/** What a page of ours may do, beyond which a route may allow what its page needs. */
export const CONTENT_POLICY = "default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

/** What no page of ours has a use for. A page may write to the clipboard, for its copy buttons. */
const NO_FEATURES = [
  "accelerometer",
  "autoplay",
  "camera",
  "clipboard-read",
  "display-capture",
  "encrypted-media",
  "fullscreen",
  "geolocation",
  "gyroscope",
  "magnetometer",
  "microphone",
  "midi",
  "payment",
  "picture-in-picture",
  "publickey-credentials-get",
  "screen-wake-lock",
  "usb",
  "xr-spatial-tracking",
]
  .map((feature) => `${feature}=()`)
  .join(", ");

const DEFAULTS = {
  "X-Content-Type-Options": "nosniff",
  "X-Frame-Options": "DENY",
  "X-Permitted-Cross-Domain-Policies": "none",
  "Referrer-Policy": "no-referrer",
  "Content-Security-Policy": CONTENT_POLICY,
  "Cross-Origin-Resource-Policy": "same-origin",
  "Permissions-Policy": NO_FEATURES,
  "Cache-Control": "no-store",
};
const OF_PAGES = { "Cross-Origin-Opener-Policy": "same-origin" };
const ONE_YEAR_S = 31_536_000;

/**
 * Headers of every response, unless its operation set others: what OWASP asks of an API
 * (https://cheatsheetseries.owasp.org/cheatsheets/REST_Security_Cheat_Sheet.html#security-headers) and of pages.
 */
export const safeHeaders: MiddlewareHandler<EdgeTypes> = async (c, next) => {
  await next();
  const isShared = c.get("public") === true;
  const isPage = /^text\/html\b/.test(c.res.headers.get("Content-Type") ?? "");
  for (const [name, value] of Object.entries(isPage ? { ...DEFAULTS, ...OF_PAGES } : DEFAULTS)) {
    if (c.res.headers.has(name)) continue;
    c.header(name, isShared && name === "Cross-Origin-Resource-Policy" ? "cross-origin" : value);
  }
  // RFC 6797, 7.2: never over plain HTTP. Other hosts of the domain are not ours to decide about.
  if (new URL(c.req.url).protocol === "https:") c.header("Strict-Transport-Security", `max-age=${ONE_YEAR_S}`);
};
