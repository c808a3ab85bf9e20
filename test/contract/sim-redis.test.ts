import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { Redis } from "#core/ports/redis.ts";
import { createRedis, type RedisDriver } from "../../backend/drivers/redis.ts";
import { SimRedis } from "../tools/sim/stores/redis.ts";
import { redisEngines } from "../dev/redis-engines.ts";
import { anyKey, anyTrace, clockMoved, newTenant, type Step, take } from "./support/redis-traces.ts";
import { contents, lives } from "./support/redis-contents.ts";
import { shieldHarness } from "./support/shield-harness.ts";

const SEED = 20_261_123;
/** The world's time, far from the server's. */
const BEGINNING_MS = Date.UTC(2031, 4, 5, 11, 59, 59, 789);
const DAY_MS = 86_400_000;
/** More than a test lasts, less than what any unit taken for another would make. */
const SLACK_MS = 30_000;

describe.each(redisEngines())("the simulator's Redis on %s", (engine) => {
  const shield = shieldHarness(engine);
  let worlds: RedisDriver;
  beforeAll(() => {
    worlds = createRedis({ url: `redis://127.0.0.1:${shield.raw.options.port}/1`, command_timeout_ms: 5_000 });
  });
  afterAll(() => worlds.close());

  /** A world in which a millisecond passes before every call. */
  const openWorld = async () => {
    const store = new SimRedis(worlds.redis);
    await store.flush();
    const clock = { now_ms: BEGINNING_MS };
    const tick = () => (clock.now_ms += 1);
    const redis: Redis = {
      run: (script, keys, args) => store.run(script, keys, args, tick()),
      get: (key) => store.get(key, tick()),
      set: (key, value, ttl_ms) => store.set(key, value, ttl_ms, tick()),
    };
    return { store, clock, redis };
  };
  const worldContents = () => contents(shield.raw, 1);

  test("answers every trace as the server does, and holds the same for as long", async () => {
    const reached = new Set<string>();
    const compare = async (trace: readonly Step[]) => {
      await shield.raw.flushdb();
      const world = await openWorld();
      const tenant = newTenant();
      const clocks = { server: [] as string[], world: [] as string[] };
      const both = async (steps: readonly Step[]) => {
        for (const step of steps) {
          await clockMoved(shield.redis);
          const answer = await take(shield.redis, tenant, clocks.server, step);
          expect(await take(world.redis, tenant, clocks.world, step), JSON.stringify(step)).toEqual(answer);
          reached.add(`${step.kind}: ${answer.kind}`);
        }
        expect((await worldContents()).values).toEqual((await contents(shield.raw, 0)).values);
      };
      await both(trace);

      const [there, here] = [await lives(shield.raw, 0), (await worldContents()).expiries];
      expect([...here.keys()].toSorted()).toEqual([...there.keys()].toSorted());
      for (const [key, expires_ms] of here) {
        const left_ms = expires_ms - world.clock.now_ms;
        expect(Math.abs(left_ms - (there.get(key) ?? 0)), key).toBeLessThan(SLACK_MS);
      }

      // Their time is over: on the server by hand, in the world by its clock.
      await Promise.all([...there.keys()].map((key) => shield.raw.pexpire(key, 0)));
      world.clock.now_ms += 2 * DAY_MS;
      await both(trace.filter((step) => step.kind === "admit" || step.kind === "authorize" || step.kind === "get"));
    };
    await fc.assert(fc.asyncProperty(anyTrace, compare), { numRuns: 60, seed: SEED });
    const reads = "ALLOWED NOT_LOADED UNAUTHORIZED RATE_LIMITED SCOPE_MISSING error";
    const submits = "RESERVED REPLAY CONFLICT PACK_NOT_IN_PLAN COST_OVER_PLAN_LIMIT TOO_MANY_OPEN NO_BUDGET";
    const wanted = {
      admit: `${submits} ${reads.replace("ALLOWED ", "")}`,
      authorize: reads,
      sync: "synced stale",
      release: "done",
      settle: "done",
      get: "found nothing",
      set: "done",
    };
    const all = Object.entries(wanted).flatMap(([step, kinds]) => kinds.split(" ").map((kind) => `${step}: ${kind}`));
    expect([...reached]).toEqual(expect.arrayContaining(all));
  });

  test("falls back to what it was before its last writes, and goes on from there", async () => {
    await fc.assert(
      fc.asyncProperty(anyTrace, fc.nat(12), async (steps, writes) => {
        // A script that met another type has failed, and would fail again.
        const trace = steps.filter((step) => step.kind !== "set-astray" || step.at === "hint");
        const world = await openWorld();
        const tenant = newTenant();
        const clocks: string[] = [];
        const all = () => contents(shield.raw, 1, "and its times");
        const after = [await all()];
        for (const step of trace) {
          await take(world.redis, tenant, clocks, step);
          // Reads are not among the writes that are lost.
          if (!["get", "read-clock", "read-reservations"].includes(step.kind)) after.push(await all());
        }
        await world.store.rewind(writes);
        const kept = Math.max(after.length - 1 - writes, 0);
        expect(await all()).toEqual(after[kept]);
        await world.store.rewind(1);
        expect(await all()).toEqual(after[Math.max(kept - 1, 0)]);
        await world.store.flush();
        expect(await all()).toEqual(after[0]);
      }),
      { numRuns: 20, seed: SEED },
    );
  });

  test("forgets a key when the world's time has come, and no other", async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(anyKey, { minLength: 1, maxLength: 6 }), fc.nat(5_000), async (keys, later_ms) => {
        const { store } = await openWorld();
        const wanted = new Map<string, number>();
        for (const [index, { name, ttl_ms }] of keys.entries()) {
          const set_ms = BEGINNING_MS + index;
          await store.set(name, `value ${index}`, ttl_ms, set_ms);
          wanted.set(name, ttl_ms === undefined ? Infinity : set_ms + ttl_ms);
        }
        const now_ms = BEGINNING_MS + keys.length + later_ms;
        for (const [name, until_ms] of wanted) {
          if (until_ms >= now_ms + 1) expect(await store.get(name, now_ms)).toMatch(/^value/);
          if (until_ms < now_ms) expect(await store.get(name, now_ms)).toBeNull();
        }
      }),
      { numRuns: 60, seed: SEED },
    );
  });
});
