import { Hono } from "hono";
import { beforeEach, expect, test } from "vitest";
import { callerOf } from "../../edge/admission/authenticate.ts";
import { parseJson, readBody } from "../../edge/http/body.ts";
import type { EdgeTypes } from "../../edge/http/context.ts";
import { type ReadBodyDeps, readValid } from "../../edge/admission/read-body.ts";
import { IsolateRateLimiter } from "../../edge/admission/isolate-rate-limiter.ts";
import { checkKeyOfInvalid } from "../../edge/admission/check-key-of-invalid.ts";
import { correlate } from "../../edge/http/correlate.ts";
import { rateHeaders } from "../../edge/http/rate-headers.ts";
import { problemResponse } from "../../edge/http/problem-response.ts";
import { Problem } from "#core/domain/problem.ts";
import { NO_METRICS } from "#core/ports/metrics.ts";
import { LruCache } from "../../edge/admission/lru-cache.ts";
import { DeniedKeyCache } from "../../edge/admission/denied-key-cache.ts";
import type { ShieldDeps } from "../../edge/admission/shield.ts";
import { newKey } from "../dev/add-tenant.ts";
import { silentLog } from "../support/silent-log.ts";

const TENANT = "0190a000-0000-7000-8000-000000000001";
const ALLOWED = ["ALLOWED", "50", "60000", "49", "1200", "0"];
const BURST = 3;

const clock = { now: () => 1_700_000_000_000 };
const random = { bytes: (length: number) => new Uint8Array(length) };

let tenant: string;
let redis_fails: boolean;
let asked: { redis: number; statements: number };
let app: Hono<EdgeTypes>;

beforeEach(() => {
  [tenant, redis_fails, asked] = [TENANT, false, { redis: 0, statements: 0 }];
  const deps: ShieldDeps & ReadBodyDeps = {
    log: silentLog,
    metrics: NO_METRICS,
    grace_seconds: 90,
    tenants: new LruCache(1_000),
    unauthenticated: new IsolateRateLimiter({ per_minute: 60, burst: 2 }, clock),
    denied_keys: new DeniedKeyCache(clock),
    invalid_bodies: new IsolateRateLimiter({ per_minute: 60, burst: BURST }, clock),
    bypass: {
      submit: new IsolateRateLimiter({ per_minute: 60, burst: 2 }, clock),
      read: new IsolateRateLimiter({ per_minute: 60, burst: 2 }, clock),
    },
    redis: {
      get: () => answered(tenant),
      set: () => Promise.resolve(),
      run: () => answered(ALLOWED),
    },
    db: {
      query: () => {
        asked.statements += 1;
        return Promise.resolve([]);
      },
    },
  };
  app = new Hono<EdgeTypes>();
  app.use(correlate({ clock, random }), rateHeaders({ clock }), checkKeyOfInvalid(deps));
  app.post("/", async (c) => {
    const caller = callerOf(c);
    return c.json(await readValid(deps, caller, async () => parseJson(await readBody(c.req.raw))));
  });
  app.onError((error, c) => {
    if (error instanceof Problem) return problemResponse(c, error);
    throw error;
  });
});

async function answered<T>(reply: T): Promise<T> {
  asked.redis += 1;
  await Promise.resolve();
  if (redis_fails) throw new Error("away");
  return reply;
}

/** A body that is no JSON. */
const send = async (api_key: string, address = "203.0.113.7") =>
  app.request("/", {
    method: "POST",
    body: "{",
    headers: {
      Authorization: `Bearer ${api_key}`,
      "Content-Type": "application/json",
      "CF-Connecting-IP": address,
    },
  });
const statuses = (answers: readonly Response[]) => answers.map(({ status }) => status);
const times = <T>(count: number, work: () => Promise<T>) => Promise.all(Array.from({ length: count }, work));

test("a body that does not fit asks the shield once, and beyond their rate nobody is asked", async () => {
  const api_key = newKey();
  const first = await send(api_key);
  expect([first.status, first.headers.get("ratelimit")]).toEqual([400, '"read";r=49;t=2']);
  asked = { redis: 0, statements: 0 };
  expect(statuses([await send(api_key), await send(api_key), await send(api_key), await send(api_key)])).toEqual([
    400, 400, 400, 429,
  ]);
  expect(asked).toEqual({ redis: 3, statements: 0 });
});

test("of many at once, no more than their rate allows reach the shield", async () => {
  const api_key = newKey();
  await send(api_key);
  asked = { redis: 0, statements: 0 };
  const answers = statuses(await times(20, () => send(api_key)));
  expect(answers.toSorted()).toEqual([...Array<number>(BURST).fill(400), ...Array<number>(20 - BURST).fill(429)]);
  expect(asked).toEqual({ redis: BURST, statements: 0 });
});

test("keys that are made up are told nothing of the body, and are counted by address", async () => {
  tenant = "unknown";
  const answers = statuses(await times(20, () => send(newKey())));
  expect(answers.toSorted()).toEqual([401, 401, ...Array<number>(18).fill(429)]);
  expect(asked.redis).toBe(2);
  expect(statuses([await send(newKey(), "203.0.113.8")])).toEqual([401]);
});

test("a key that was refused a moment ago is refused without a question", async () => {
  tenant = "unknown";
  const api_key = newKey();
  await send(api_key);
  asked = { redis: 0, statements: 0 };
  expect(statuses([await send(api_key)])).toEqual([401]);
  expect(asked).toEqual({ redis: 0, statements: 0 });
});

test("without Redis the caller is told what is wrong, at the rate that this isolate keeps itself, and Postgres is asked for its rates alone, once", async () => {
  redis_fails = true;
  const api_key = newKey();
  const answers = [await send(api_key), await send(api_key), await send(api_key)];
  expect(statuses(answers)).toEqual([400, 400, 429]);
  for (const { headers } of answers) expect(headers.has("ratelimit")).toBe(false);
  expect(asked.statements).toBe(1);
});
