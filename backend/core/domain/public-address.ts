import ipaddr from "ipaddr.js";

/** The whole IANA IPv4 special-purpose registry, multicast, and metadata: no page of a public host is there. */
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
  "192.31.196.0/24", // AS112 and AMT are anycast, and often answered by a machine of one's own network
  "192.52.193.0/24",
  "192.88.99.0/24",
  "192.168.0.0/16",
  "192.175.48.0/24",
  "198.18.0.0/15",
  "198.51.100.0/24",
  "203.0.113.0/24",
  "224.0.0.0/4",
  "240.0.0.0/4",
].map((range) => ipaddr.IPv4.parseCIDR(range));

/** Only this block is global unicast (RFC 4291); the special-purpose blocks inside it are refused. */
const GLOBAL_V6 = ipaddr.IPv6.parseCIDR("2000::/3");
const REFUSED_V6 = ["2001::/23", "2001:db8::/32", "2002::/16", "2620:4f:8000::/48", "3fff::/20"].map((range) =>
  ipaddr.IPv6.parseCIDR(range),
);
/** The last 32 bits of these are an IPv4 address, which is what gets reached: mapped and NAT64 (RFC 6052). */
const CARRIES_V4 = ["::ffff:0:0/96", "64:ff9b::/96"].map((range) => ipaddr.IPv6.parseCIDR(range));

function isPublicV4(address: ipaddr.IPv4): boolean {
  return !REFUSED_V4.some((range) => address.match(range));
}

/** True when an IP address in text is globally reachable unicast. Anything that does not parse strictly is not. */
export function isPublicAddress(text: string): boolean {
  if (ipaddr.IPv4.isValidFourPartDecimal(text)) return isPublicV4(ipaddr.IPv4.parse(text));
  if (!ipaddr.IPv6.isValid(text) || text.includes("%")) return false;
  const hexadecimal = inHexadecimal(text);
  if (hexadecimal === undefined) return false;
  const address = ipaddr.IPv6.parse(hexadecimal);
  if (CARRIES_V4.some((range) => address.match(range))) {
    return isPublicV4(new ipaddr.IPv4(address.toByteArray().slice(-4)));
  }
  return address.match(GLOBAL_V6) && !REFUSED_V6.some((range) => address.match(range));
}

/** IPv6 without the dotted form, so that an embedded IPv4 address is not read in two ways. */
function inHexadecimal(text: string): string | undefined {
  const at = text.lastIndexOf(":") + 1;
  const tail = text.slice(at);
  if (!tail.includes(".")) return text;
  if (!ipaddr.IPv4.isValidFourPartDecimal(tail)) return undefined;
  const [a = 0, b = 0, c = 0, d = 0] = ipaddr.IPv4.parse(tail).octets;
  return `${text.slice(0, at)}${(a * 256 + b).toString(16)}:${(c * 256 + d).toString(16)}`;
}
