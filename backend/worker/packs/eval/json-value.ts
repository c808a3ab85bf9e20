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

/** True if a number is a multiple of another, as both are written: 19.99 of 0.01, but 1 not of 1e10. */
export function isMultiple(value: number, of: number): boolean {
  if (!Number.isFinite(value)) return false;
  const [one, other] = [decimalOf(value), decimalOf(of)];
  const exponent = Math.min(one.exponent, other.exponent);
  const scaled = ({ digits, exponent: own }: typeof one) => digits * 10n ** BigInt(own - exponent);
  return scaled(one) % scaled(other) === 0n;
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
