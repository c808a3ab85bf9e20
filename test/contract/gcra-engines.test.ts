import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { gcra } from "#core/domain/gcra.ts";
import type { Rate } from "#core/domain/plan.ts";
import { authorize } from "#core/store/redis/authorize.ts";
import { tenantKeys } from "#core/store/redis/keys.ts";
import { readClock } from "#core/store/redis/read-clock.ts";
import { redisEngines } from "../dev/redis-engines.ts";
import { KEY, request, shieldHarness } from "./support/shield-harness.ts";

const SEED = 20_261_120;
const burst = fc.integer({ min: 1, max: 20 });
const rate = fc.record({ per_minute: fc.constantFrom(1, 7, 60, 600, 6_000, 600_000), burst });
/** Of which nothing is forgotten while a test looks at it. */
const slowRate = fc.record({ per_minute: fc.constantFrom(1, 7, 30), burst });
const windowMs = (limits: Rate): number => (60_000 / limits.per_minute) * limits.burst;

// The time is the server's: what is asked here holds whenever, within a call, the server read it.
describe.each(redisEngines())("the rate at the shield on %s", (engine) => {
  const shield = shieldHarness(engine);
  const planOf = ({ per_minute, burst }: Rate) => ({
    submit_per_minute: per_minute,
    submit_burst: burst,
    read_per_minute: per_minute,
    read_burst: burst,
    max_open_runs: 1_000,
  });
  const newTenant = async (limits: Rate, ownRate: number | null = null) => {
    const own = { submit_per_minute: ownRate, read_per_minute: ownRate };
    return (await shield.loaded({}, planOf(limits), own)).tenant_id;
  };
  const ask = async (tenant_id: string) => {
    const answer = await authorize(shield.redis, { tenant_id, key_sha256: KEY, scope: "read" });
    if (answer.kind !== "ALLOWED" && answer.kind !== "RATE_LIMITED") throw new Error(answer.kind);
    return { allowed: answer.kind === "ALLOWED", rate: answer.rate };
  };
  const now = async () => Number(await readClock(shield.redis)) / 1000;

  test("decides as the domain does, from any arrival time that it may find", async () => {
    const found = fc.oneof(fc.constant(undefined), fc.double({ min: -1, max: 3, noNaN: true }), fc.constant(10_000));
    await fc.assert(
      fc.asyncProperty(rate, found, async (limits, windows) => {
        const tenant_id = await newTenant(limits);
        const key = tenantKeys(tenant_id).tenantRate("read");
        const start = await now();
        const stored = windows === undefined ? undefined : Math.floor(start + windows * windowMs(limits));
        if (stored !== undefined) await shield.raw.set(key, String(stored * 1000));
        const answer = await ask(tenant_id);
        const end = await now();
        // Within one interval the verdict changes once at most: one of the two is the server's.
        if (end - start >= 60_000 / limits.per_minute) return;
        const [first, last] = [gcra(limits, stored, start), gcra(limits, stored, end)];
        expect([first.allowed, last.allowed]).toContain(answer.allowed);
        expect(answer.rate.limit).toBe(limits.burst);
        if (!answer.allowed) {
          expect(await shield.raw.get(key)).toBe(String((stored ?? 0) * 1000));
          expect(answer.rate).toMatchObject({ remaining: 0 });
          expect(answer.rate.retry_ms).toBeGreaterThan(0);
          expect(answer.rate.reset_ms).toBeGreaterThanOrEqual(answer.rate.retry_ms);
          return;
        }
        const moved = Number(await shield.raw.get(key)) / 1000;
        if (first.allowed) expect(moved).toBeGreaterThanOrEqual(first.tat_ms - 0.001);
        if (last.allowed) expect(moved).toBeLessThanOrEqual(last.tat_ms + 0.001);
      }),
      { numRuns: 150, seed: SEED },
    );
  });

  test("never lets more in at once than the burst and what the time brought, and never counts below zero", async () => {
    await fc.assert(
      fc.asyncProperty(rate, fc.constantFrom(null, 30, 600), async (limits, ownRate) => {
        const tenant_id = await newTenant(limits, ownRate);
        const start = await now();
        const answers = await Promise.all(Array.from({ length: 2 * limits.burst + 5 }, () => ask(tenant_id)));
        const elapsed = (await now()) - start;
        const allowed = answers.filter((answer) => answer.allowed);
        const slowest = Math.min(limits.per_minute, ownRate ?? limits.per_minute);
        expect(allowed.length).toBeGreaterThanOrEqual(limits.burst);
        expect(allowed.length).toBeLessThanOrEqual(limits.burst + (elapsed * slowest) / 60_000);
        expect(answers.filter(({ rate }) => rate.remaining < 0 || rate.remaining >= limits.burst)).toEqual([]);
      }),
      { numRuns: 40, seed: SEED },
    );
  });

  test("keeps no arrival time without a time to live, and lets a caller in once that has passed", async () => {
    await fc.assert(
      fc.asyncProperty(slowRate, fc.constantFrom(null, 30), fc.nat(25), async (limits, ownRate, requests) => {
        const tenant_id = await newTenant(limits, ownRate);
        const keys = tenantKeys(tenant_id);
        for (let i = 0; i <= requests; i++) {
          await ask(tenant_id);
          await shield.kind(request(tenant_id));
        }
        const names = await shield.raw.keys(`{${tenant_id}}:rate:*`);
        expect(names.toSorted()).toEqual(
          [
            keys.tenantRate("read"),
            keys.tenantRate("submit"),
            ...(ownRate === null ? [] : [keys.keyRates("read"), keys.keyRates("submit")]),
          ].toSorted(),
        );
        const slowest = Math.min(limits.per_minute, ownRate ?? limits.per_minute);
        for (const name of names) {
          const life = await shield.raw.pttl(name);
          expect(life).toBeGreaterThan(0);
          expect(life).toBeLessThanOrEqual(windowMs({ ...limits, per_minute: slowest }) + 1_001);
          await shield.raw.pexpire(name, 0);
        }
        expect((await ask(tenant_id)).allowed).toBe(true);
        expect(await shield.kind(request(tenant_id))).not.toBe("RATE_LIMITED");
      }),
      { numRuns: 30, seed: SEED },
    );
  });

  test("an hour that the clock was set back refuses nobody for an hour", async () => {
    await fc.assert(
      fc.asyncProperty(slowRate, async (limits) => {
        const tenant_id = await newTenant(limits);
        const key = tenantKeys(tenant_id).tenantRate("read");
        await shield.raw.set(key, String(Math.floor((await now()) + 2 * windowMs(limits) + 3_600_000) * 1000));
        expect((await ask(tenant_id)).allowed).toBe(true);
        const life = await shield.raw.pttl(key);
        expect(life).toBeGreaterThan(0);
        const ahead = Number(await shield.raw.get(key)) / 1000 - (await now());
        expect(ahead).toBeLessThanOrEqual(windowMs(limits) + 0.001);
      }),
      { numRuns: 30, seed: SEED },
    );
  });
});
