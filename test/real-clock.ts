import timers from "node:timers";
import { afterAll, expect } from "vitest";

// Files follow each other in one process: timers that a file left fake would never fire for the next one.
afterAll(() => {
  const { setTimeout, setInterval, setImmediate, clearTimeout, clearInterval } = globalThis;
  const left = { setTimeout, setInterval, setImmediate, clearTimeout, clearInterval };
  for (const [name, value] of Object.entries(left)) expect(value, name).toBe(timers[name as keyof typeof left]);
});
