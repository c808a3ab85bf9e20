import ipaddr from "ipaddr.js";
import { isDate } from "../compliance/date.ts";

const DATE = /^(\d{4})-(\d{2})-(\d{2})$/;
const TIME = /^(\d{2}):(\d{2}):(\d{2})(?:\.\d+)?(?:[zZ]|([+-])(\d{2}):(\d{2}))$/;
/** A longer text is of no format. */
export const MAX_FORMAT_CHARS = 8_192;
/** Of an address of IP, with its zone. */
const MAX_ADDRESS_CHARS = 100;

function isCalendarDate(text: string): boolean {
  const [, year = "", month = "", day = ""] = DATE.exec(text) ?? [];
  if (year === "") return false;
  // Years repeat every 400; 2000 to 2099 has a leap year every fourth.
  const leap = Number(year) % 4 === 0 && (Number(year) % 100 !== 0 || Number(year) % 400 === 0);
  return isDate(leap ? 2000 : 2001, Number(month), Number(day));
}

function isTime(text: string): boolean {
  const [, hours, minutes, seconds, sign, hourOffset, minuteOffset] = TIME.exec(text) ?? [];
  if (hours === undefined) return false;
  const [h, m, s] = [Number(hours), Number(minutes), Number(seconds)];
  const [oh, om] = [Number(hourOffset ?? 0), Number(minuteOffset ?? 0)];
  if (h > 23 || m > 59 || s > 60 || oh > 23 || om > 59) return false;
  if (s < 60) return true;
  // A leap second is the last of a day in UTC.
  const utc = h * 60 + m - (sign === "-" ? -1 : 1) * (oh * 60 + om);
  return ((utc % 1440) + 1440) % 1440 === 1439;
}

const isDateTime = (text: string): boolean =>
  /^.{10}[tT]/.test(text) && isCalendarDate(text.slice(0, 10)) && isTime(text.slice(11));

const LABEL = /^[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?$/i;
const isHostname = (text: string): boolean =>
  text.length <= 253 &&
  text.split(".").every((label) => LABEL.test(label) && !/^..--/.test(label.replace(/^xn--/i, "")));
const IDN_LABEL = /^[\p{L}\p{N}](?:[\p{L}\p{M}\p{N}-]{0,61}[\p{L}\p{M}\p{N}])?$/u;
const isIdnHostname = (text: string): boolean =>
  text.length <= 253 && text.split(/[.。．｡]/u).every((label) => IDN_LABEL.test(label));

const isAddress = (text: string): boolean => text.length <= MAX_ADDRESS_CHARS && ipaddr.isValid(text);
const isV6 = (text: string): boolean => text.length <= MAX_ADDRESS_CHARS && ipaddr.IPv6.isValid(text);

function isMailbox(text: string, isHost: (text: string) => boolean, local: RegExp): boolean {
  const at = text.lastIndexOf("@");
  const host = text.slice(at + 1);
  const literal = /^\[(?:IPv6:)?(.*)\]$/i.exec(host)?.[1];
  const isHostPart = literal === undefined ? isHost(host) : isAddress(literal);
  return at > 0 && at <= 64 && local.test(text.slice(0, at)) && isHostPart;
}
const LOCAL = /^(?:[\w!#$%&'*+/=?^`{|}~-]+(?:\.[\w!#$%&'*+/=?^`{|}~-]+)*|"(?:[^"\\]|\\.)*")$/;
const IDN_LOCAL = /^(?:[^\s"@.,:;<>()[\]\\]+(?:\.[^\s"@.,:;<>()[\]\\]+)*|"(?:[^"\\]|\\.)*")$/u;

const IRI_CHARS = /^(?:[^\s"<>\\^`{|}%]|%[0-9A-Fa-f]{2})*$/u;
const SCHEME = /^[A-Za-z][A-Za-z0-9+.-]*:/;
const ASCII = /^[\x21-\x7e]*$/;
const AUTHORITY = /^(?:[A-Za-z][A-Za-z0-9+.-]*:)?\/\/([^/?#]*)/;

function isIriReference(text: string): boolean {
  if (!IRI_CHARS.test(text) || text.split("#").length > 2) return false;
  const authority = AUTHORITY.exec(text)?.[1];
  if (authority === undefined) return !/^[^/?#]*:/.test(text) || SCHEME.test(text);
  const host = authority.slice(authority.lastIndexOf("@") + 1);
  const literal = /^\[(.*)\](?::\d*)?$/.exec(host)?.[1];
  if (literal !== undefined) return isV6(literal);
  return /^[^:[\]@]*(?::\d*)?$/.test(host) && !/[[\]]/.test(authority);
}
const isIri = (text: string): boolean => SCHEME.test(text) && isIriReference(text);

const DURATION =
  /^P(?!$)(?:\d+W|(?:\d+Y(?:\d+M(?:\d+D)?)?|\d+M(?:\d+D)?|\d+D)?(?:T(?:\d+H(?:\d+M(?:\d+S)?)?|\d+M(?:\d+S)?|\d+S))?)$/;
const POINTER = /^(?:\/(?:[^~/]|~[01])*)*$/u;
const RELATIVE_POINTER = /^(?:0|[1-9]\d*)(?:#|(?:\/(?:[^~/]|~[01])*)*)$/u;
const TEMPLATE =
  /^(?:[^\s{}"'<>\\^`|%]|%[0-9A-Fa-f]{2}|\{[+#./;?&=,!@|]?(?:[\w.%]+(?::\d{1,4}|\*)?)(?:,[\w.%]+(?::\d{1,4}|\*)?)*\})*$/u;

const isV4 = (text: string): boolean => /^(?:(?:25[0-5]|2[0-4]\d|1\d\d|[1-9]?\d)(?:\.(?!$)|$)){4}$/.test(text);

const FORMATS: Readonly<Record<string, (text: string) => boolean>> = {
  "date-time": isDateTime,
  date: isCalendarDate,
  time: isTime,
  duration: (text) => DURATION.test(text),
  email: (text) => isMailbox(text, isHostname, LOCAL),
  "idn-email": (text) => isMailbox(text, isIdnHostname, IDN_LOCAL),
  hostname: isHostname,
  "idn-hostname": isIdnHostname,
  ipv4: isV4,
  ipv6: (text) =>
    isV6(text) && !text.includes("%") && (!text.includes(".") || isV4(text.slice(text.lastIndexOf(":") + 1))),
  uri: (text) => ASCII.test(text) && isIri(text),
  "uri-reference": (text) => ASCII.test(text) && isIriReference(text),
  iri: isIri,
  "iri-reference": isIriReference,
  "uri-template": (text) => TEMPLATE.test(text),
  uuid: (text) => /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i.test(text),
  "json-pointer": (text) => POINTER.test(text),
  "relative-json-pointer": (text) => RELATIVE_POINTER.test(text),
};

/**
 * True if a text is of a format, or of one that is not known here: that asserts nothing. `isExpression` tells a regular
 * expression, which takes far longer than its characters.
 */
export function isFormat(format: string, text: string, isExpression: (text: string) => boolean): boolean {
  const known = Object.hasOwn(FORMATS, format) ? FORMATS[format] : undefined;
  const check = format === "regex" ? isExpression : known;
  return check === undefined || (text.length <= MAX_FORMAT_CHARS && check(text));
}
