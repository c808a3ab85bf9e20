import ipaddr from "ipaddr.js";
import { URL_LIMITS } from "#core/domain/packs/url.ts";

const WEB_PORTS: readonly number[] = URL_LIMITS.ports;

/** Addresses that never reach a public host: the IANA IPv4 special-purpose registry, multicast, and metadata. */
const REFUSED_V4 = [
  "0.0.0.0/8",
  "10.0.0.0/8",
  "100.64.0.0/10",
  "127.0.0.0/8",
  "168.63.129.16/32", // Azure's metadata and DNS, reachable from its virtual machines only
  "169.254.0.0/16",
  "172.16.0.0/12",
  "192.0.0.0/24",
  "192.0.2.0/24",
  "192.88.99.0/24",
  "192.168.0.0/16",
  "198.18.0.0/15",
  "198.51.100.0/24",
  "203.0.113.0/24",
  "224.0.0.0/4",
  "240.0.0.0/4",
].map((range) => ipaddr.IPv4.parseCIDR(range));

/** Only this block is global unicast (RFC 4291); the special-purpose blocks inside it are refused. */
const GLOBAL_V6 = ipaddr.IPv6.parseCIDR("2000::/3");
const REFUSED_V6 = ["2001::/23", "2001:db8::/32", "2002::/16", "3fff::/20"].map((range) =>
  ipaddr.IPv6.parseCIDR(range),
);
/** The last 32 bits of these are an IPv4 address, which is what gets reached: mapped and NAT64 (RFC 6052). */
const CARRIES_V4 = ["::ffff:0:0/96", "64:ff9b::/96"].map((range) => ipaddr.IPv6.parseCIDR(range));

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

function isPublicV4(address: ipaddr.IPv4): boolean {
  return !REFUSED_V4.some((range) => address.match(range));
}

/** True when an IP address in text is globally reachable unicast. Anything that does not parse strictly is not. */
export function isPublicAddress(text: string): boolean {
  if (ipaddr.IPv4.isValidFourPartDecimal(text)) return isPublicV4(ipaddr.IPv4.parse(text));
  if (!ipaddr.IPv6.isValid(text) || text.includes("%")) return false;
  // The URL parser writes IPv6 in hexadecimal only, so that an embedded IPv4 address is not read in two ways.
  const hexadecimal = URL.parse(`http://[${text}]/`)?.hostname.slice(1, -1);
  if (hexadecimal === undefined) return false;
  const address = ipaddr.IPv6.parse(hexadecimal);
  if (CARRIES_V4.some((range) => address.match(range))) {
    return isPublicV4(new ipaddr.IPv4(address.toByteArray().slice(-4)));
  }
  return address.match(GLOBAL_V6) && !REFUSED_V6.some((range) => address.match(range));
}

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
