/** How amounts, times and sizes are written. */

const MICROS = 1_000_000n;

/** A decimal amount of the API in micros; undefined for what is no amount. */
export function microsOf(usd: string): bigint | undefined {
  const [, sign, whole, fraction = ""] = /^(-?)(\d{1,15})(?:\.(\d{1,6}))?$/.exec(usd.trim()) ?? [];
  if (whole === undefined) return undefined;
  const micros = BigInt(whole) * MICROS + BigInt(fraction.padEnd(6, "0"));
  return sign === "-" ? -micros : micros;
}

/** Digits in groups of three. */
function grouped(digits: string): string {
  const groups: string[] = [];
  for (let end = digits.length; end > 0; end -= 3) groups.unshift(digits.slice(Math.max(0, end - 3), end));
  return groups.join(",");
}

function withoutZeros(fraction: string): string {
  let end = fraction.length;
  while (end > 0 && fraction[end - 1] === "0") end--;
  return fraction.slice(0, end);
}

/** With as many places as the amount has, four at least: columns of them align. */
export function usd(amount: string | bigint, places = 4): string {
  const micros = typeof amount === "bigint" ? amount : microsOf(amount);
  if (micros === undefined) return String(amount);
  const size = micros < 0n ? -micros : micros;
  const whole = grouped((size / MICROS).toString());
  const fraction = (size % MICROS).toString().padStart(6, "0");
  const shown = withoutZeros(fraction).padEnd(places, "0");
  return `${micros < 0n ? "−" : ""}$${whole}${shown === "" ? "" : `.${shown}`}`;
}

/** For headlines: cents, and more only of an amount below a dollar. */
export function usdShort(amount: string | bigint): string {
  const micros = typeof amount === "bigint" ? amount : (microsOf(amount) ?? 0n);
  const size = micros < 0n ? -micros : micros;
  if (size > 0n && size < MICROS) return usd(micros, 2);
  return usd(((micros + (micros < 0n ? -5_000n : 5_000n)) / 10_000n) * 10_000n, 2);
}

/** For a headline of what can be spent: never more than there is. */
export function usdSpendable(amount: string | bigint): string {
  const micros = typeof amount === "bigint" ? amount : (microsOf(amount) ?? 0n);
  const size = micros < 0n ? -micros : micros;
  const over = size < MICROS ? 0n : ((micros % 10_000n) + 10_000n) % 10_000n;
  return usd(micros - over, 2);
}

export const add = (amounts: readonly (string | null | undefined)[]): bigint =>
  amounts.reduce((sum, each) => sum + (microsOf(each ?? "") ?? 0n), 0n);

/** The shortest decimal string of an amount, as the API takes it. */
export function decimalOf(micros: bigint): string {
  const fraction = withoutZeros((micros % MICROS).toString().padStart(6, "0")).padEnd(4, "0");
  return `${micros / MICROS}.${fraction}`;
}

const DAY_MS = 86_400_000;

const formats = new Map<string, Intl.DateTimeFormat>();

/** Made once for each use: making one takes longer than a row of a table does. */
function formatOf(locale: string | undefined, options: Intl.DateTimeFormatOptions): Intl.DateTimeFormat {
  const key = JSON.stringify([locale, options]);
  const format = formats.get(key) ?? new Intl.DateTimeFormat(locale, options);
  formats.set(key, format);
  return format;
}

export function whenOf(iso: string, locale?: string, timeZone?: string): string {
  return formatOf(locale, {
    year: "numeric",
    month: "short",
    day: "numeric",
    hour: "2-digit",
    minute: "2-digit",
    second: "2-digit",
    ...(timeZone && { timeZone }),
  }).format(new Date(iso));
}

/** Without the year where it is this one. */
export function shortTime(iso: string, now: number, locale?: string, timeZone?: string): string {
  const at = new Date(iso);
  const isThisYear = at.getUTCFullYear() === new Date(now).getUTCFullYear();
  return formatOf(locale, {
    ...(isThisYear ? {} : { year: "numeric" }),
    month: "short",
    day: "numeric",
    hour: "2-digit",
    minute: "2-digit",
    ...(timeZone && { timeZone }),
  }).format(at);
}

/** A length of time, with one unit, or two where the second still matters. */
export function duration(ms: number): string {
  if (ms < 1_000) return `${Math.max(0, Math.round(ms))} ms`;
  const seconds = ms / 1_000;
  if (seconds < 10) return `${seconds.toFixed(1)} s`;
  if (seconds < 60) return `${Math.round(seconds)} s`;
  const minutes = Math.floor(seconds / 60);
  if (minutes < 60) return `${minutes} min ${Math.round(seconds % 60)} s`;
  const hours = Math.floor(minutes / 60);
  return hours < 48 ? `${hours} h ${minutes % 60} min` : `${Math.floor(hours / 24)} days`;
}

export function bytes(count: number): string {
  if (count < 1_000) return `${count} B`;
  return count < 1_000_000 ? `${(count / 1_000).toFixed(1)} kB` : `${(count / 1_000_000).toFixed(1)} MB`;
}

export const percent = (share: number, places = 0): string => `${(share * 100).toFixed(places)}%`;
export const count = (number: number): string => grouped(String(number));
export const plural = (number: number, noun: string): string => `${count(number)} ${noun}${number === 1 ? "" : "s"}`;

/** `YYYY-MM-DD` in UTC, this many days from then. */
export const utcDay = (now: number, days = 0): string => new Date(now + days * DAY_MS).toISOString().slice(0, 10);

/** All days of UTC from the first to the last, both included. */
export function daysBetween(first: string, last: string): string[] {
  const days: string[] = [];
  for (let at = Date.parse(first); at <= Date.parse(last); at += DAY_MS) days.push(utcDay(at));
  return days;
}

/** "30 Nov" of a day of UTC. */
export const dayLabel = (day: string, locale?: string): string =>
  formatOf(locale, { month: "short", day: "numeric", timeZone: "UTC" }).format(new Date(day));

/** A name for people of a schema's member or an enum's value: `max_cost_usd` is "Max cost usd". */
export function label(name: string): string {
  const words = name.replaceAll(/[._-]+/g, " ").trim();
  const acronym = /\b(url|id|json|usd|css|ocr|iban|ip|ssn|us|jwt|aws|svg|html)\b/gi;
  const spelt = words.replaceAll(acronym, (word) => word.toUpperCase());
  return spelt.slice(0, 1).toUpperCase() + spelt.slice(1);
}

/** A part of an address as it was typed where it is no valid encoding. */
export function decodedPart(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    return part;
  }
}
