import { z } from "zod";
import type { RateState } from "../../domain/plan.ts";

const count = z
  .string()
  .regex(/^\d{1,16}$/)
  .transform(Number);

/** The five numbers of gcra.lua in a reply, after its kind. */
export const rateNumbers = [count, count, count, count, count] as const;

export function rateState(numbers: readonly [number, number, number, number, number]): RateState {
  const [limit, window_ms, remaining, reset_ms, retry_ms] = numbers;
  return { limit, window_ms, remaining, reset_ms, retry_ms };
}
