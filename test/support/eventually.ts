import { vi } from "vitest";

/** Longer than anything takes on a crowded machine: it ends only what would never come. */
const LIMIT_MS = 240_000;
const INTERVAL_MS = 50;

/** Waits until `assertion` no longer throws, and returns what it returned. */
export const eventually = <T>(assertion: () => T | Promise<T>, interval_ms = INTERVAL_MS): Promise<T> =>
  vi.waitFor(assertion, { timeout: LIMIT_MS, interval: interval_ms });
