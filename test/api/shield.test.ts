import { beforeEach, expect, test } from "vitest";
import type { Row } from "#core/ports/db.ts";
import { NO_METRICS } from "#core/ports/metrics.ts";
import { IsolateRateLimiter } from "../../edge/admission/isolate-rate-limiter.ts";
import { read } from "../../edge/admission/read.ts";
import { LruCache } from "../../edge/admission/lru-cache.ts";
import { DeniedKeyCache } from "../../edge/admission/denied-key-cache.ts";
import type { ShieldDeps } from "../../edge/admission/shield.ts";
import { silentLog } from "../support/silent-log.ts";

const TENANT = "0190a000-0000-7000-8000-000000000001";
const ADDRESS = "203.0.113.7";
const ALLOWED = ["ALLOWED", "50", "60000", "49", "1200", "0"];
const LIMITED = ["RATE_LIMITED", "1", "60000", "0", "60000", "30000"];

let now = 0;
let authorization: readonly string[] | Error;
let tenant: string | null | Error;
let found: "found" | "unauthorized";
let asked = { redis: 0, statements: 0 };
let deps: ShieldDeps;

const clock = { now: () => now };

beforeEach(() => {
  now = 1_700_000_000_000;
  [authorization, tenant, found] = [ALLOWED, TENANT, "found"];
  asked = { redis: 0, statements: 0 };
  deps = {
    log: silentLog,
    metrics: NO_METRICS,
    grace_seconds: 90,
    tenants: new LruCache(1_000),
    unauthenticated: new IsolateRateLimiter({ per_minute: 60, burst: 3 }, clock),
    denied_keys: new DeniedKeyCache(clock),
    bypass: {
      submit: new IsolateRateLimiter({ per_minute: 60, burst: 2 }, clock),
      read: new IsolateRateLimiter({ per_minute: 60, burst: 2 }, clock),
    },
    redis: {
      get: async () => answered(tenant),
      set: () => Promise.resolve(),
      run: () => answered(authorization),
    },
    db: { query: () => Promise.resolve([] as Row[]) },
  };
});

async function answered<T>(reply: T | Error): Promise<T> {
  asked.redis += 1;
  await Promise.resolve();
  if (reply instanceof Error) throw reply;
  return reply;
}

/** A read; what became of it: a problem's slug, or what was found. */
async function ask(key_sha256 = "a".repeat(64)): Promise<string> {
  const { verdict } = await read(deps, { key_sha256, address: ADDRESS }, async () => {
    asked.statements += 1;
    return { kind: found };
  });
  return "slug" in verdict ? verdict.slug : verdict.kind;
}

const many = (count: number) => Promise.all(Array.from({ length: count }, (_, index) => ask(`key-${index}`)));
const tally = (all: readonly string[], kind: string) => all.filter((one) => one === kind).length;

test("of many unknown keys at once from one address, no more than the burst are asked about", async () => {
  tenant = "unknown";
  const answers = await many(300);
  expect([tally(answers, "unauthorized"), tally(answers, "rate-limited")]).toEqual([3, 297]);
  expect(asked).toEqual({ redis: 3, statements: 0 });
});

test("somebody's keys, one after another, are never counted against their address", async () => {
  for (let index = 0; index < 100; index++) expect(await ask(`key-${index}`)).toBe("found");
  tenant = "unknown";
  expect(tally(await many(10), "found")).toBe(10);
  expect(await ask("other")).toBe("unauthorized");
});

test("behind an address full of strangers a good key that is new here waits, and one that is known does not", async () => {
  await ask("known");
  tenant = "unknown";
  await many(10);
  tenant = TENANT;
  expect([await ask("known"), await ask("new")]).toEqual(["found", "rate-limited"]);
  now += 1_000;
  expect(await ask("new")).toBe("found");
});

test("without Redis, unknown keys are counted and somebody's are given back", async () => {
  tenant = new Error("away");
  for (let index = 0; index < 100; index++) expect(await ask(`key-${index}`)).toBe("found");
  found = "unauthorized";
  const answers = await many(300);
  expect([tally(answers, "unauthorized"), tally(answers, "rate-limited")]).toEqual([3, 297]);
});

test("a key over its rate costs one statement until its reset, then reads go side by side again", async () => {
  await ask();
  authorization = LIMITED;
  for (let tries = 0; tries < 50; tries++) expect(await ask()).toBe("rate-limited");
  expect(asked.statements).toBe(2);
  now += 29_999;
  authorization = ALLOWED;
  expect(await ask()).toBe("found");
  now += 1;
  authorization = LIMITED;
  expect(await ask()).toBe("rate-limited");
  expect(asked.statements).toBe(4);
});

test("a key over its rate costs few statements while Redis is away", async () => {
  await ask();
  authorization = new Error("away");
  for (let tries = 0; tries < 50; tries++) await ask();
  expect(asked.statements).toBe(4);
});

test.each([
  ["the shield", () => (authorization = ["UNAUTHORIZED"])],
  ["Postgres alone", () => (found = "unauthorized")],
])(
  "a key refused by %s is refused without a question for five seconds, and taken when it is good again",
  async (...by) => {
    await ask();
    by[1]();
    expect(await ask()).toBe("unauthorized");
    const after = { ...asked };
    now += 4_999;
    for (let tries = 0; tries < 50; tries++) expect(await ask()).toBe("unauthorized");
    expect(asked).toEqual(after);
    [authorization, found] = [ALLOWED, "found"];
    now += 1;
    expect(await ask()).toBe("found");
  },
);

test("a key that the shield keeps refusing costs no further statement", async () => {
  await ask();
  authorization = ["UNAUTHORIZED"];
  await ask();
  const { statements } = asked;
  for (let tries = 0; tries < 5; tries++) {
    now += 6_000;
    expect(await ask()).toBe("unauthorized");
  }
  expect(asked.statements).toBe(statements);
});

test("a hash that is nobody's key is kept in Redis for a minute", async () => {
  const kept: unknown[] = [];
  const set = async (...values: unknown[]) => void kept.push(values);
  deps = { ...deps, redis: { ...deps.redis, set, run: async () => `${now}000` } };
  [tenant, found] = [null, "unauthorized"];
  expect(await ask("nobody's")).toBe("unauthorized");
  expect(kept).toEqual([["key:nobody's", "unknown", 60_000]]);
});
