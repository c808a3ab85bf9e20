import { describe, expect, test } from "vitest";
import { micros } from "#core/domain/money.ts";
import { admit } from "#core/store/redis/admit.ts";
import { authorize } from "#core/store/redis/authorize.ts";
import { tenantKeys } from "#core/store/redis/keys.ts";
import { redisEngines } from "../dev/redis-engines.ts";
import { KEY, hex, id, request, shieldHarness } from "./support/shield-harness.ts";

describe.each(redisEngines())("admission at the shield on %s", (engine) => {
  const shield = shieldHarness(engine);
  const { loaded, available, kind } = shield;

  test("a tenant that is not mirrored is NOT_LOADED, never refused", async () => {
    expect(await admit(shield.redis, request(id()))).toEqual({ kind: "NOT_LOADED" });
    expect(await authorize(shield.redis, { tenant_id: id(), key_sha256: KEY, scope: "read" })).toEqual({
      kind: "NOT_LOADED",
    });
  });

  test("an admission reserves its amount once and tells where the caller stands", async () => {
    const { tenant_id } = await loaded();
    const wanted = request(tenant_id);
    expect(await admit(shield.redis, wanted)).toMatchObject({
      kind: "RESERVED",
      rate: { limit: 1000, window_ms: 10_000, remaining: 999 },
    });
    expect(await available(tenant_id)).toBe("80000");
    expect(await admit(shield.redis, { ...wanted, run_id: id() })).toMatchObject({
      kind: "REPLAY",
      run_id: wanted.run_id,
    });
    expect(await kind({ ...wanted, payload_sha256: hex() })).toBe("CONFLICT");
    expect(await available(tenant_id)).toBe("80000");
  });

  test("amounts above 10^14 keep every digit", async () => {
    const { tenant_id } = await loaded(
      { available_micros: micros(900_000_000_000_001) },
      { max_cost_micros: "1000000000000" },
    );
    await admit(shield.redis, request(tenant_id, { reserve: micros(1_000_000_000_000) }));
    expect(await available(tenant_id)).toBe("899000000000001");
  });

  test("money for two runs admits two of twenty at once", async () => {
    const { tenant_id } = await loaded({ available_micros: micros(40_000) }, { max_open_runs: 100 });
    const answers = await Promise.all(Array.from({ length: 20 }, () => admit(shield.redis, request(tenant_id))));
    expect(answers.filter((answer) => answer.kind === "RESERVED")).toHaveLength(2);
    expect(answers.find((answer) => answer.kind === "NO_BUDGET")).toMatchObject({ available: 0 });
    expect(await available(tenant_id)).toBe("0");
  });

  test("refusals change nothing but the rate, and a hint wins over each of them", async () => {
    const { tenant_id } = await loaded({ available_micros: micros(30_000) }, { max_open_runs: 1 });
    expect(await kind(request(tenant_id, { pack_type: "ocr" }))).toBe("PACK_NOT_IN_PLAN");
    expect(await kind(request(tenant_id, { pack_type: "deci" }))).toBe("PACK_NOT_IN_PLAN");
    expect(await admit(shield.redis, request(tenant_id, { reserve: micros(50_001) }))).toMatchObject({
      kind: "COST_OVER_PLAN_LIMIT",
      limit: 50_000,
    });
    expect(await admit(shield.redis, request(tenant_id, { reserve: micros(30_001) }))).toMatchObject({
      kind: "NO_BUDGET",
      available: 30_000,
    });
    const first = request(tenant_id);
    expect(await kind(first)).toBe("RESERVED");
    expect(await kind(request(tenant_id))).toBe("TOO_MANY_OPEN");
    expect(await kind(first)).toBe("REPLAY");
    expect(await available(tenant_id)).toBe("10000");
  });

  test("a key that is revoked, expired or lacks the scope is refused", async () => {
    const revoked = await loaded({}, {}, { status: "revoked" });
    expect(await kind(request(revoked.tenant_id))).toBe("UNAUTHORIZED");
    const expired = await loaded({}, {}, { expires_at_ms: String(Date.now() - 60_000) });
    expect(await kind(request(expired.tenant_id))).toBe("UNAUTHORIZED");
    const future = await loaded({}, {}, { expires_at_ms: String(Date.now() + 3_600_000) });
    expect(await kind(request(future.tenant_id))).toBe("RESERVED");
    const reader = await loaded({}, {}, { scopes: ["read"] });
    expect(await kind(request(reader.tenant_id))).toBe("SCOPE_MISSING");
    expect(await authorize(shield.redis, { ...reader, key_sha256: KEY, scope: "admin" })).toMatchObject({
      kind: "SCOPE_MISSING",
    });
    expect(await authorize(shield.redis, { ...reader, key_sha256: KEY, scope: "read" })).toMatchObject({
      kind: "ALLOWED",
    });
  });

  test("a burst is let through, the next request waits, and every rate key has a time to live", async () => {
    const { tenant_id } = await loaded(
      {},
      { submit_per_minute: 1, submit_burst: 3, max_open_runs: 100 },
      { submit_per_minute: 600 },
    );
    const kinds = [];
    for (let i = 0; i < 5; i++) kinds.push(await kind(request(tenant_id, { reserve: micros(5_000) })));
    expect(kinds).toEqual(["RESERVED", "RESERVED", "RESERVED", "RATE_LIMITED", "RATE_LIMITED"]);
    const limited = await admit(shield.redis, request(tenant_id));
    expect(limited).toMatchObject({ rate: { limit: 3, remaining: 0 } });
    for (const key of [tenantKeys(tenant_id).tenantRate("submit"), tenantKeys(tenant_id).keyRates("submit")]) {
      expect(await shield.raw.pttl(key)).toBeGreaterThan(0);
    }
    expect(await available(tenant_id)).toBe("85000");
  });

  test("a key's own rate limits it although its tenant's does not, and a refused request moves neither", async () => {
    const { tenant_id } = await loaded({}, { read_burst: 5 }, { read_per_minute: 2 });
    const ask = () => authorize(shield.redis, { tenant_id, key_sha256: KEY, scope: "read" });
    expect([(await ask()).kind, (await ask()).kind, (await ask()).kind]).toEqual([
      "ALLOWED",
      "ALLOWED",
      "RATE_LIMITED",
    ]);
    const before = await shield.raw.get(tenantKeys(tenant_id).tenantRate("read"));
    await ask();
    expect(await shield.raw.get(tenantKeys(tenant_id).tenantRate("read"))).toBe(before);
  });

  test("the burst of a key with a rate of its own is the plan's, and never more than a minute of that rate", async () => {
    for (const [own, burst] of [
      [6, 6],
      [1, 1],
      [600, 15],
    ] as const) {
      const { tenant_id } = await loaded(
        {},
        { submit_per_minute: 600_000, submit_burst: 15, read_per_minute: 600_000, read_burst: 15, max_open_runs: 100 },
        { submit_per_minute: own, read_per_minute: own },
      );
      // Whichever of the two bursts it is, what the tenant has is never the tighter one.
      await shield.raw.del(tenantKeys(tenant_id).tenantRate("submit"), tenantKeys(tenant_id).tenantRate("read"));
      const submit = await admit(shield.redis, request(tenant_id, { reserve: micros(5_000) }));
      const read = await authorize(shield.redis, { tenant_id, key_sha256: KEY, scope: "read" });
      for (const answer of [submit, read])
        expect("rate" in answer && answer.rate).toMatchObject({ limit: burst, remaining: burst - 1, retry_ms: 0 });
    }
  });

  test("a refusal says how long until the next request, and how long until the whole burst is there again", async () => {
    const { tenant_id } = await loaded({}, { read_per_minute: 2, read_burst: 3 });
    const ask = async () => {
      const answer = await authorize(shield.redis, { tenant_id, key_sha256: KEY, scope: "read" });
      if (!("rate" in answer)) throw new Error(answer.kind);
      return answer;
    };
    await ask();
    await ask();
    const last = await ask();
    const refused = await ask();
    expect([last.kind, refused.kind]).toEqual(["ALLOWED", "RATE_LIMITED"]);
    expect(last.rate).toMatchObject({ remaining: 0, retry_ms: 0 });
    // One request came less than an interval of 30 s ago, and three are to be worked off.
    for (const { rate } of [last, refused]) {
      expect(rate.reset_ms).toBeGreaterThan(60_000);
      expect(rate.reset_ms).toBeLessThanOrEqual(90_000);
    }
    expect(refused.rate.reset_ms).toBeLessThanOrEqual(last.rate.reset_ms);
    expect(refused.rate.retry_ms).toBeGreaterThan(0);
    expect(refused.rate.retry_ms).toBeLessThanOrEqual(30_000);
  });

  test("an arrival time far ahead, left by a clock that was set back, lets one request in, and the next soon", async () => {
    const { tenant_id } = await loaded({}, { submit_per_minute: 60, submit_burst: 10 });
    await shield.raw.set(tenantKeys(tenant_id).tenantRate("submit"), String((Date.now() + 86_400_000) * 1000));
    expect(await kind(request(tenant_id))).toBe("RESERVED");
    const answer = await admit(shield.redis, request(tenant_id));
    expect(answer).toMatchObject({ kind: "RATE_LIMITED" });
    expect("rate" in answer && answer.rate.retry_ms).toBeLessThanOrEqual(1000);
  });
});
