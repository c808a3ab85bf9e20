/** JSON values as JSON Schema compares and counts them. */

export type Json = Readonly<Record<string, unknown>>;

export const isObject = (value: unknown): value is Json =>
  typeof value === "object" && value !== null && !Array.isArray(value);

/** A JSON text that is the same for equal values. */
export function sortedText(value: unknown): string {
  return JSON.stringify(value, (_, member: unknown) => {
    if (!isObject(member)) return member;
    return Object.fromEntries(Object.entries(member).toSorted(([a], [b]) => (a < b ? -1 : 1)));
  });
}

/** A number as digits x 10^exponent. */
function decimalOf(value: number): { readonly digits: bigint; readonly exponent: number } {
  const [, whole = "0", fraction = "", exponent = "0"] =
    /^(-?\d+)(?:\.(\d+))?(?:e([+-]\d+))?$/.exec(String(value)) ?? [];
  return { digits: BigInt(whole + fraction), exponent: Number(exponent) - fraction.length };
}

/** More digits than a number has as JavaScript writes it. */
const MOST_DIGITS = 25;

/** 10^exponent modulo another, by squares: the power itself may have 600 digits. */
function powerOfTen(exponent: number, modulus: bigint): bigint {
  let power = 1n % modulus;
  for (let bits = exponent, square = 10n % modulus; bits > 0; bits = Math.floor(bits / 2)) {
    if (bits % 2 === 1) power = (power * square) % modulus;
    square = (square * square) % modulus;
  }
  return power;
}

/** True if a number is a multiple of another above 0, as both are written: 19.99 of 0.01, but 1 not of 1e10. */
export function isMultiple(value: number, of: number): boolean {
  if (!Number.isFinite(value)) return false;
  const [one, other] = [decimalOf(value), decimalOf(of)];
  const gap = one.exponent - other.exponent;
  if (gap >= 0) return (one.digits * powerOfTen(gap, other.digits)) % other.digits === 0n;
  if (-gap > MOST_DIGITS) return one.digits === 0n;
  return one.digits % (other.digits * 10n ** BigInt(-gap)) === 0n;
}

const TYPES: Readonly<Record<string, (value: unknown) => boolean>> = {
  null: (value) => value === null,
  boolean: (value) => typeof value === "boolean",
  number: (value) => typeof value === "number",
  integer: (value) => typeof value === "number" && Number.isInteger(value),
  string: (value) => typeof value === "string",
  array: (value) => Array.isArray(value),
  object: isObject,
};

export const isTypeName = (name: unknown): boolean => typeof name === "string" && Object.hasOwn(TYPES, name);
export const isOfType = (value: unknown, name: string): boolean => TYPES[name]?.(value) === true;

/** Length in code points. */
export function codePoints(text: string): number {
  let count = 0;
  for (let at = 0; at < text.length; at++) {
    count += 1;
    if ((text.codePointAt(at) ?? 0) > 0xffff) at += 1;
  }
  return count;
}
