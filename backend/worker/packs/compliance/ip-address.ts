import ipaddr from "ipaddr.js";
import { isPublicAddress } from "#core/domain/public-address.ts";
import { AFTER_ESCAPE, isWord, type Scan, type Severity, type Span } from "./span.ts";

const OCTET = String.raw`(?:25[0-5]|2[0-4]\d|1\d\d|[1-9]?\d)`;
/** Four octets that are not part of a longer dotted number, a name, a pre-release or a build. */
const V4 = String.raw`(?:(?<![\w.])|${AFTER_ESCAPE})${OCTET}(?:\.${OCTET}){3}(?!\w|\.\d|-[A-Za-z]|\+)`;
const V4_CONTEXT = 24;
/** A version, section or revision of four parts is written like an address; only the text before it shows which. */
const NUMBERED =
  /(?:version|firmware|release|§|(?<![a-z])(?:ver|rel|rev|revision|build|section|sect?|chapter|clause|paragraph|para|v))s?["'\s:=.#(-]{0,4}$/i;
const PRODUCT = /[A-Za-z]\/$/;
const V6_RUN = /(?<![0-9A-Fa-f:.])[0-9A-Fa-f:][0-9A-Fa-f:.]+/g;
const ESCAPE = new RegExp(`${AFTER_ESCAPE}$`);
const LONGEST_V6 = 45;
const EUI_64 = /^(?:[0-9a-f]{2}:){7}[0-9a-f]{2}$/i;

const severityOf = (address: string): Severity => (isPublicAddress(address) ? "medium" : "low");

/** False for masks and broadcast (255/8), "this network" (0/8), numbered things, and products (Chrome/1.0.0.0). */
function isAddressV4(written: string, before: string): boolean {
  if (written.startsWith("255.") || written.startsWith("0.")) return false;
  return !NUMBERED.test(before) && !(PRODUCT.test(before) && written.endsWith(".0.0.0"));
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
  if (isWord(text[index - 1]) && !ESCAPE.test(text.slice(Math.max(0, index - 2), index))) {
    if (!run.startsWith(":") || run.startsWith("::")) return undefined;
    start += 1;
  }
  const written = run
    .slice(start - index)
    .replace(/\.{1,3}$/, "")
    .replace(/(?<!:):$/, "");
  const end = start + written.length;
  if (end === index + run.length && isWord(text[end])) return undefined;
  return isAddressV6(written) ? { start, end, severity: severityOf(written) } : undefined;
}

/** Addresses of both families in their usual notations (RFC 4291, RFC 5952); without zone, prefix length and port. */
export const scanIpAddress: Scan = function* (text) {
  for (const { 0: run, index } of text.matchAll(V6_RUN)) {
    yield run.includes(":") ? addressIn(text, index, run) : undefined;
  }
  for (const { 0: written, index: start } of text.matchAll(new RegExp(V4, "g"))) {
    const before = text.slice(Math.max(0, start - V4_CONTEXT), start);
    const end = start + written.length;
    yield isAddressV4(written, before) ? { start, end, severity: severityOf(written) } : undefined;
  }
};
