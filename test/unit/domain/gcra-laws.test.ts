import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { gcra } from "#core/domain/gcra.ts";
import type { Rate } from "#core/domain/plan.ts";

/**
 * A bucket of tokens that is filled as time goes by, in whole numbers: a token is 60,000 parts, of which a millisecond
 * brings `per_minute`. Time that is taken back takes its tokens along.
 */
function tokens({ per_minute, burst }: Rate) {
  let parts = burst * 60_000;
  let last: number | undefined;
  return (now: number): boolean => {
    parts = Math.min(Math.max(parts + (now - (last ?? now)) * per_minute, 0), burst * 60_000);
    last = now;
    if (parts < 60_000) return false;
    parts -= 60_000;
    return true;
  };
}

/** A caller that remembers its arrival time. */
function remembering(rate: Rate) {
  let tat_ms: number | undefined;
  return (now: number) => {
    const verdict = gcra(rate, tat_ms, now);
    if (verdict.allowed) tat_ms = verdict.tat_ms;
    return verdict;
  };
}

const rate = fc.record({
  per_minute: fc.oneof(fc.integer({ min: 1, max: 600 }), fc.integer({ min: 1, max: 600_000 })),
  burst: fc.integer({ min: 1, max: 30 }),
});
/** Gaps of about the time that one request costs. */
const traffic = rate.chain((limits) => {
  const interval = Math.ceil(60_000 / limits.per_minute);
  const gap = fc.oneof(fc.constant(0), fc.nat(2 * interval), fc.nat(2 * interval * limits.burst));
  return fc.record({ limits: fc.constant(limits), gaps: fc.array(gap, { minLength: 1, maxLength: 120 }) });
});

describe("GCRA", () => {
  test("allows exactly what a bucket of tokens allows", () => {
    fc.assert(
      fc.property(traffic, fc.nat(1_000_000), ({ limits, gaps }, start) => {
        const [ask, model] = [remembering(limits), tokens(limits)];
        let now = start;
        for (const gap of gaps) {
          now += gap;
          expect(ask(now).allowed).toBe(model(now));
        }
      }),
      { numRuns: 300 },
    );
  });

  test("never allows more within any time than the burst and what that time brings", () => {
    fc.assert(
      fc.property(traffic, ({ limits, gaps }) => {
        const ask = remembering(limits);
        let now = 1_000_000;
        const allowed: number[] = [];
        for (const gap of gaps) {
          now += gap;
          if (ask(now).allowed) allowed.push(now);
        }
        for (const [index, from] of allowed.entries()) {
          for (const [count, until] of allowed.slice(index).entries()) {
            const most = limits.burst + ((until - from) * limits.per_minute) / 60_000;
            if (count + 1 > most + 1e-6) expect({ count: count + 1, from, until }).toEqual({ most });
          }
        }
      }),
    );
  });

  test("lets a caller in after the wait that it was told, and the whole burst after the window", () => {
    fc.assert(
      fc.property(traffic, ({ limits, gaps }) => {
        const ask = remembering(limits);
        let now = 1_000_000;
        for (const gap of gaps) {
          now += gap;
          const verdict = ask(now);
          if (verdict.allowed) continue;
          expect(verdict.retry_after_ms).toBeGreaterThan(0);
          now += verdict.retry_after_ms;
          expect(ask(now).allowed).toBe(true);
        }
        now += (60_000 / limits.per_minute) * limits.burst;
        const answers = Array.from({ length: limits.burst + 1 }, () => ask(now).allowed);
        expect(answers).toEqual([...Array.from({ length: limits.burst }, () => true), false]);
      }),
    );
  });

  test("keeps nobody out for longer than one interval because the clock was set back, and gives no second burst", () => {
    fc.assert(
      fc.property(rate, fc.integer({ min: 1, max: 10 ** 12 }), fc.nat(60), (limits, back, used) => {
        const interval = 60_000 / limits.per_minute;
        const ask = remembering(limits);
        const before = 2 * 10 ** 12;
        for (let i = 0; i < used; i++) ask(before);
        let now = before - back;
        const first = Array.from({ length: 2 * limits.burst + 1 }, () => ask(now).allowed);
        expect(first.filter((allowed) => allowed).length).toBeLessThanOrEqual(Math.max(limits.burst - used, 1));
        for (let step = 0; step < 5; step++) {
          now += Math.ceil(interval) + 1;
          expect(ask(now).allowed).toBe(true);
        }
      }),
    );
  });
});
