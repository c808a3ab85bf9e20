import { z } from "zod";
import { microsFromText } from "../domain/money.ts";

/** A BIGINT amount as every driver gives it. */
export const amount = z.string().transform(microsFromText);

/** A BIGINT counter that stays far below 2^53. */
export const counter = z
  .string()
  .regex(/^\d{1,15}$/)
  .transform(Number);

export const timestamp = z.date();

/** The one row of an answer, or undefined. Throws when there are more. */
export function only<T>(rows: readonly T[]): T | undefined {
  if (rows.length > 1) throw new Error(`expected one row, got ${rows.length}`);
  return rows[0];
}
