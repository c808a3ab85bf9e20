import ipaddr from "ipaddr.js";
import { URL_LIMITS } from "#core/domain/packs/url.ts";
import { isPublicAddress } from "#core/domain/public-address.ts";

const WEB_PORTS: readonly number[] = URL_LIMITS.ports;

/** Names that no public name server may answer for (RFC 6761 and its kin), or that clusters and offices use inside. */
const LOCAL_SUFFIXES = [
  "local",
  "localhost",
  "localdomain",
  "internal",
  "intranet",
  "lan",
  "home",
  "corp",
  "private",
  "home.arpa",
  "onion",
  "svc",
  "cluster.local",
  "consul",
  "test",
  "invalid",
  "example",
  "i2p",
  "alt",
];

/** True when a host of a WHATWG URL is an IP address and not a name; IPv6 comes without brackets. */
export function isAddress(host: string): boolean {
  return ipaddr.isValid(host);
}

/** The host of a URL without the brackets of IPv6. */
export function hostOf(url: URL): string {
  return url.hostname.replace(/^\[|\]$/g, "");
}

/** The port that a URL reaches, the scheme's own when it names none. */
export function portOf(url: URL): number {
  if (url.port !== "") return Number(url.port);
  return url.protocol === "https:" ? 443 : 80;
}

export type UrlCheck =
  | { readonly kind: "ok"; readonly url: URL }
  | { readonly kind: "refused"; readonly reason_code: "BAD_URL" | "ADDRESS_NOT_ALLOWED"; readonly detail: string };

const bad = (detail: string): UrlCheck => ({ kind: "refused", reason_code: "BAD_URL", detail });
const barred = (detail: string): UrlCheck => ({ kind: "refused", reason_code: "ADDRESS_NOT_ALLOWED", detail });

/** What can be told of a URL that is exempt from the rules about hosts and ports: it parses, is http(s), has no userinfo. */
export function checkSyntax(text: string, maxChars: number): UrlCheck {
  if (text.length > maxChars) return bad(`The URL is longer than ${maxChars} characters.`);
  if (!URL.canParse(text)) return bad("The URL cannot be parsed.");
  const url = new URL(text);
  if (url.protocol !== "http:" && url.protocol !== "https:") return bad("Only http and https URLs are fetched.");
  if (url.username !== "" || url.password !== "") return bad("A URL with a user name or password is not fetched.");
  return { kind: "ok", url };
}

/** Judges a URL by its host and port alone; a name must still be resolved and every address of it judged. */
export function checkTarget(url: URL): UrlCheck {
  const refused = refusedHost(hostOf(url));
  if (refused !== undefined) return refused;
  // Last, so that nobody is sent to another port of a host that is refused all the same.
  if (!WEB_PORTS.includes(portOf(url))) return barred(`Only the ports ${WEB_PORTS.join(", ")} are fetched from.`);
  return { kind: "ok", url };
}

function refusedHost(host: string): UrlCheck | undefined {
  if (isAddress(host)) return isPublicAddress(host) ? undefined : barred("The address is not publicly reachable.");
  if (host.endsWith(".")) return bad("A host name with a trailing dot is not fetched.");
  const isLocal = !host.includes(".") || LOCAL_SUFFIXES.some((suffix) => `.${host}`.endsWith(`.${suffix}`));
  return isLocal ? barred("The host is not a public name.") : undefined;
}
