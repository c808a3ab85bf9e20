import ipaddr from "ipaddr.js";
import { isPublicAddress } from "./public-address.ts";

/** 80, 443 and what web servers use beside them; all others are closed to what we send out. */
export const WEB_PORTS: readonly number[] = [80, 443, 8000, 8008, 8080, 8443, 8888];

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

/** What a WHATWG URL says of the server that it names. */
export interface Target {
  readonly protocol: string;
  readonly hostname: string;
  readonly port: string;
}

/** True when a host of a WHATWG URL is an IP address and not a name; IPv6 comes without brackets. */
export function isAddress(host: string): boolean {
  return ipaddr.isValid(host);
}

/** The host of a URL without the brackets of IPv6. */
export function hostOf(url: Target): string {
  return url.hostname.replace(/^\[|\]$/g, "");
}

/** The port that a URL reaches, the scheme's own when it names none. */
function portOf(url: Target): number {
  if (url.port !== "") return Number(url.port);
  return url.protocol === "https:" ? 443 : 80;
}

/** True when an operator's list lets this target through: `host:port` as they stand in a URL, or `host:*`. */
export function isListed(url: Target, hosts: readonly string[]): boolean {
  return hosts.includes(`${url.hostname}:${portOf(url)}`) || hosts.includes(`${url.hostname}:*`);
}

/** Why a target is no public web server, by its host and port alone: a name must still be resolved and judged. */
export function targetFault(url: Target): "private-address" | "trailing-dot" | "local-name" | "port" | undefined {
  const host = hostOf(url);
  if (isAddress(host)) {
    if (!isPublicAddress(host)) return "private-address";
  } else {
    if (host.endsWith(".")) return "trailing-dot";
    if (!host.includes(".") || LOCAL_SUFFIXES.some((suffix) => `.${host}`.endsWith(`.${suffix}`))) return "local-name";
  }
  // Last, so that nobody is sent to another port of a host that is refused all the same.
  return WEB_PORTS.includes(portOf(url)) ? undefined : "port";
}
