/**
 * Money is an integer number of USD micros (1 USD = 1,000,000), held as a branded safe integer.
 * No float ever carries an amount; the only way in from text is {@link parseUsd}, from a number {@link micros}.
 */
export type Micros = number & { readonly __brand: "Micros" };

/** The largest amount that one run may reserve, in micros: 1,000,000 USD. */
export const MAX_COST_MICROS = 1_000_000_000_000;
/** The smallest reservation, in micros: 0.0050 USD. */
export const MIN_COST_MICROS = 5_000;

const FEE_FLOOR_MICROS = 5_000;
const FEE_CEILING_MICROS = 100_000;
const FEE_DIVISOR = 50; // 2 %
const USD = /^(\d{1,10})(?:\.(\d{1,6}))?$/;

/** Brands an integer as micros. Throws RangeError when it is not a safe integer of at least zero. */
export function micros(value: number): Micros {
  if (!Number.isSafeInteger(value) || value < 0) throw new RangeError(`not an amount in micros: ${value}`);
  return value as Micros;
}

/** Reads a BIGINT as Postgres drivers give it (decimal text). Throws RangeError beyond the safe integers. */
export function microsFromText(text: string): Micros {
  if (!/^\d{1,16}$/.test(text)) throw new RangeError(`not an amount in micros: ${text}`);
  return micros(Number(text));
}

/** Parses a USD decimal string such as "5" or "5.0000" (at most six decimal places); undefined when it is not one. */
export function parseUsd(text: string): Micros | undefined {
  const parts = USD.exec(text);
  if (parts === null) return undefined;
  const value = Number(parts[1]) * 1_000_000 + Number((parts[2] ?? "").padEnd(6, "0"));
  return Number.isSafeInteger(value) ? (value as Micros) : undefined;
}

/**
 * Formats micros as a USD decimal string with four places: "5.0000". A fifth and sixth place appear only where
 * they are not zero, so that printed figures always add up to the micro.
 */
export const formatUsd = (amount: Micros): string => formatSum(BigInt(amount));

/** Formats a sum of micros like {@link formatUsd}: of any size, and negative where a balance is wrong. */
export function formatSum(sum: bigint): string {
  const digits = String(sum < 0n ? -sum : sum).padStart(7, "0");
  const decimals = digits.slice(-6);
  return `${sum < 0n ? "-" : ""}${digits.slice(0, -6)}.${decimals.endsWith("00") ? decimals.slice(0, 4) : decimals}`;
}

/**
 * What a run costs that fails after its work began: min(max(5_000, 2 % of the reservation), 100_000, price, reservation),
 * in micros. `price` is the least that a success can cost, so that failing never costs more than succeeding.
 */
export function minimumFee(reserved: Micros, price: Micros): Micros {
  const share = Math.floor(reserved / FEE_DIVISOR);
  return micros(Math.min(Math.max(FEE_FLOOR_MICROS, share), FEE_CEILING_MICROS, price, reserved));
}

/** The smaller of two amounts. */
export function least(a: Micros, b: Micros): Micros {
  return a < b ? a : b;
}

/** The greater of two amounts. */
export function most(a: Micros, b: Micros): Micros {
  return a > b ? a : b;
}
