import type { Clock } from "#core/ports/clock.ts";
import { Doubt } from "./examination.ts";

/** Signatures of AWS live 15 minutes, mirrors are compared within seconds. */
const MOST_MS = 5_000;

/** How far a store's clock is from this machine's, beyond the time that the question took. */
export async function skewOf(store: string, clock: Clock, read_ms: () => Promise<number>): Promise<string> {
  const before_ms = clock.now();
  const there_ms = await read_ms();
  const after_ms = clock.now();
  const skew_ms = Math.max(0, before_ms - there_ms, there_ms - after_ms);
  if (skew_ms > MOST_MS)
    throw new Doubt(`the clock of ${store} is ${(skew_ms / 1_000).toFixed(1)} s from this machine's`);
  return "agrees with this machine's";
}
