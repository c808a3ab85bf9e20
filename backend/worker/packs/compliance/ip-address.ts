import ipaddr from "ipaddr.js";
import { isPublicAddress } from "#core/domain/public-address.ts";
import { AFTER_ESCAPE, isAlphanumeric, type Scan, type Severity, type Span } from "./span.ts";

const OCTET = String.raw`(?:25[0-5]|2[0-4]\d|1\d\d|[1-9]?\d)`;
/** Four octets that are not part of a longer dotted number, a name, a pre-release or a build. */
const V4 = String.raw`(?:(?<![A-Za-z0-9.])|${AFTER_ESCAPE})${OCTET}(?:\.${OCTET}){3}(?![A-Za-z0-9]|\.\d|-[A-Za-z]|\+)`;
/** A version, section or revision of four parts is written like an address; only the text before it shows which. */
const NUMBERED =
  /(?:version|firmware|release|§|(?<![a-z])(?:ver|rel|rev|revision|build|section|sect?|chapter|clause|paragraph|para|v))s?["'\s:=.#(-]{0,4}$/i;
const PRODUCT = /[A-Za-z]\/$/;
/** Words of installing something, and comparisons of versions. */
const INSTALLED =
  /(?:(?:up|down)grad(?:e|ed|es|ing)|updat(?:e|ed|es|ing)|bump(?:ed|s)?|mov(?:e|ed|ing)|migrat(?:e|ed|ing)|install(?:ed|s|ing)?|requires?|since|until|before|after|later than|newer than|older than|fixed in|as of|introduced in|(?<=\s)(?:[<>]=?|[~^]))(?: [A-Za-z]{1,16}){0,3}[ =]{0,2}$/i;
/** A name in capitals directly before: `OpenSSL 3.0.2.1`; words that stand before an address are left out below. */
const NAME_BEFORE = /(?:^|[^\w.])([A-Z][A-Za-z0-9+-]{1,24}|[a-z]+[A-Z]\w{1,16}) $/;
const NETWORK_WORDS =
  /^(?:the|from|to|at|on|via|by|and|or|is|ip|ips|ipv4|addr|address|addresses|host|hosts|server|client|gateway|router|peer|proxy|dns|ns|nameserver|resolver|node|endpoint|remote|source|src|dest|dst|destination|target|user|visitor|ping|traceroute|ssh|connect|connected|connection|contact|blocked|block|ban|banned|allow|deny|use|using|try|see|it|failed|accepted|request|login|host_ip|localhost|call|open|visit|reach|our|your|my|their|cidr|subnet|network|range|port|tcp|udp|http|https|ftp|smtp|vpn|lan|wan|A|PTR|In|For|With)$/i;
/** A part of a version is rarely above this. */
const MOST_VERSION_PART = 99;
const VERSION_CONTEXT = 48;
/** Resolvers that anybody may use, and addresses of examples: they are nobody's own. */
const WELL_KNOWN = new Set(
  (
    "1.1.1.1 1.0.0.1 1.1.1.2 1.0.0.2 1.1.1.3 1.0.0.3 8.8.8.8 8.8.4.4 9.9.9.9 9.9.9.10 9.9.9.11 149.112.112.112 149.112.112.10 " +
    "208.67.222.222 208.67.220.220 208.67.222.123 208.67.220.123 4.2.2.1 4.2.2.2 4.2.2.3 4.2.2.4 4.2.2.5 4.2.2.6 64.6.64.6 " +
    "64.6.65.6 94.140.14.14 94.140.15.15 76.76.2.0 76.76.10.0 77.88.8.8 77.88.8.1 114.114.114.114 114.114.115.115 223.5.5.5 " +
    "223.6.6.6 119.29.29.29 180.76.76.76 185.228.168.9 185.228.169.9 1.2.3.4 4.3.2.1 5.6.7.8 11.22.33.44 12.34.56.78 " +
    "2001:4860:4860::8888 2001:4860:4860::8844 2001:4860:4860::64 2606:4700:4700::1111 2606:4700:4700::1001 2620:fe::fe " +
    "2620:fe::9 2620:119:35::35 2620:119:53::53 2a10:50c0::ad1:ff 2a10:50c0::ad2:ff 2400:3200::1 2400:3200:baba::1"
  ).split(" "),
);
const V6_RUN = /(?<![0-9A-Fa-f:.])[0-9A-Fa-f:][0-9A-Fa-f:.]+/g;
const ESCAPE = new RegExp(`${AFTER_ESCAPE}$`);
const LONGEST_V6 = 45;
const EUI_64 = /^(?:[0-9a-f]{2}:){7}[0-9a-f]{2}$/i;

function severityOf(address: string): Severity {
  if (!isPublicAddress(address)) return "low";
  return WELL_KNOWN.has(ipaddr.process(address).toString()) ? "low" : "medium";
}

/** True for four small numbers behind the name of a product, or behind words of installing it. */
function isVersion(written: string, before: string): boolean {
  if (written.split(".").some((part) => Number(part) > MOST_VERSION_PART)) return false;
  if (INSTALLED.test(before)) return true;
  const name = NAME_BEFORE.exec(before)?.[1];
  return name !== undefined && !NETWORK_WORDS.test(name);
}

/** False for masks and broadcast (255/8), "this network" (0/8), numbered things, and products (Chrome/1.0.0.0). */
function isAddressV4(written: string, before: string): boolean {
  if (written.startsWith("255.") || written.startsWith("0.")) return false;
  return !NUMBERED.test(before) && !isVersion(written, before) && !(PRODUCT.test(before) && written.endsWith(".0.0.0"));
}

/** False for what is only written like an address: names parted by two colons, hardware identifiers. */
function isAddressV6(written: string): boolean {
  if (written.length > LONGEST_V6 || !/\d/.test(written) || EUI_64.test(written)) return false;
  if (written.split(":").length < 3 || !ipaddr.IPv6.isValid(written)) return false;
  const [first = ""] = written.split(":");
  if (first === "") return /^::(?:\d|[0-9a-f]+:)/i.test(written);
  return /\d/.test(first) || first.length === 4 || !written.includes("::");
}

/** The address in a run of hexadecimal digits, colons and full stops, without the punctuation around it. */
function addressIn(text: string, index: number, run: string): Span | undefined {
  let start = index;
  if (isAlphanumeric(text[index - 1]) && !ESCAPE.test(text.slice(Math.max(0, index - 2), index))) {
    if (!run.startsWith(":") || run.startsWith("::")) return undefined;
    start += 1;
  }
  const written = run
    .slice(start - index)
    .replace(/\.{1,3}$/, "")
    .replace(/(?<!:):$/, "");
  const end = start + written.length;
  if (end === index + run.length && isAlphanumeric(text[end])) return undefined;
  return isAddressV6(written) ? { start, end, severity: severityOf(written) } : undefined;
}

/** Addresses of both families in their usual notations (RFC 4291, RFC 5952); without zone, prefix length and port. */
export const scanIpAddress: Scan = function* (text) {
  for (const { 0: run, index } of text.matchAll(V6_RUN)) {
    yield run.includes(":") ? addressIn(text, index, run) : undefined;
  }
  for (const { 0: written, index: start } of text.matchAll(new RegExp(V4, "g"))) {
    const before = text.slice(Math.max(0, start - VERSION_CONTEXT), start);
    const end = start + written.length;
    yield isAddressV4(written, before) ? { start, end, severity: severityOf(written) } : undefined;
  }
};
