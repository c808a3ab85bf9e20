import fc from "fast-check";
import { expect, test } from "vitest";
import { gcra } from "#core/domain/gcra.ts";

/** A leaky bucket, drained exactly: the plain model of GCRA. */
function bucket(rate: { per_minute: number; burst: number }) {
  const interval = 60_000 / rate.per_minute;
  let level = 0;
  let last = 0;
  return (now: number): boolean => {
    level = Math.max(0, level - (now - last));
    last = now;
    if (level + interval > interval * rate.burst + 1e-6) return false;
    level += interval;
    return true;
  };
}

const rate = fc.record({ per_minute: fc.constantFrom(1, 6, 60, 600, 6_000), burst: fc.integer({ min: 1, max: 20 }) });

test("GCRA allows exactly what a leaky bucket allows", () => {
  fc.assert(
    fc.property(rate, fc.array(fc.integer({ min: 0, max: 30_000 }), { maxLength: 60 }), (limits, gaps) => {
      const model = bucket(limits);
      let tat: number | undefined;
      let now = 1_000_000;
      for (const gap of gaps) {
        now += gap;
        const verdict = gcra(limits, tat, now);
        expect(verdict.allowed).toBe(model(now));
        if (verdict.allowed) tat = verdict.tat_ms;
      }
    }),
  );
});

test("a refusal says when the next request may come, and then it may", () => {
  fc.assert(
    fc.property(rate, (limits) => {
      let tat: number | undefined;
      for (let i = 0; i < limits.burst; i++) {
        const verdict = gcra(limits, tat, 1_000);
        if (verdict.allowed) tat = verdict.tat_ms;
      }
      const refused = gcra(limits, tat, 1_000);
      if (refused.allowed) throw new Error("the burst was exceeded");
      expect(gcra(limits, tat, 1_000 + refused.retry_after_ms).allowed).toBe(true);
      expect(gcra(limits, tat, 1_000 + refused.retry_after_ms - 1).allowed).toBe(false);
    }),
  );
});

test("after a clock was set back one request is let in, and the next waits as ever", () => {
  const limits = { per_minute: 60, burst: 5 };
  expect(gcra(limits, 9_999_999_999, 1_000)).toEqual({ allowed: true, tat_ms: 6_000 });
  expect(gcra(limits, 6_000, 1_000)).toEqual({ allowed: false, retry_after_ms: 1_000 });
});
