import { Redis } from "@upstash/redis";
import { createHash } from "node:crypto";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { startRedis, type RedisService } from "../dev/redis.ts";
import { startUpstashFront, type UpstashFront } from "../dev/upstash-front.ts";

const TOKEN = "a-token";

describe.each(["js", "auto"] as const)("over the %s Redis", (engine) => {
  const stateDir = mkdtempSync(join(tmpdir(), "dpp-redis-"));
  let server: RedisService;
  let front: UpstashFront;
  let redis: Redis;

  beforeAll(async () => {
    server = await startRedis({ stateDir, engine });
    front = await startUpstashFront({ redisUrl: server.url, token: TOKEN });
    redis = new Redis({ url: front.url, token: TOKEN, enableAutoPipelining: false, retry: false });
  });

  afterAll(async () => {
    await front?.stop();
    await server?.stop();
    rmSync(stateDir, { recursive: true, force: true });
  });

  it("strings, integers, nulls and arrays come back as they are", async () => {
    expect(await redis.set("k", "värde \u{1F600}")).toBe("OK");
    expect(await redis.get("k")).toBe("värde \u{1F600}");
    expect(await redis.get("missing")).toBeNull();
    expect(await redis.incrby("n", 41)).toBe(41);
    expect(await redis.incr("n")).toBe(42);
    expect(await redis.mget("k", "missing", "n")).toEqual(["värde \u{1F600}", null, 42]);
    expect(await redis.ping()).toBe("PONG");
    expect(await redis.set("k", "other", { nx: true, px: 1000 })).toBeNull();
  });

  it("a script returns nested arrays, integers, nulls and big numbers in decimal", async () => {
    const script = `return {'admitted', 7, false, {KEYS[1], {ARGV[1], 2}}, string.format('%.0f', 100000000000000)}`;
    const raw = new Redis({ url: front.url, token: TOKEN, automaticDeserialization: false });
    expect(await raw.eval(script, ["key"], ["arg"])).toEqual([
      "admitted",
      7,
      null,
      ["key", ["arg", 2]],
      "100000000000000",
    ]);
  });

  it("EVALSHA of an unknown script is refused with NOSCRIPT, and works once the script was loaded", async () => {
    const script = "return {redis.call('INCRBY', KEYS[1], ARGV[1])}";
    const sha = createHash("sha1").update(script).digest("hex");
    await expect(redis.evalsha(sha, ["counter"], ["5"])).rejects.toThrow(/NOSCRIPT/);
    expect(await redis.scriptLoad(script)).toBe(sha);
    expect(await redis.evalsha(sha, ["counter"], ["5"])).toEqual([5]);
  });

  it("a single command's error is a 400 with the server's words", async () => {
    await redis.lpush("list", "x");
    await expect(redis.get("list")).rejects.toThrow(/WRONGTYPE/);
    const response = await fetch(front.url, {
      method: "POST",
      headers: { authorization: `Bearer ${TOKEN}` },
      body: JSON.stringify(["GET", "list"]),
    });
    expect(response.status).toBe(400);
    expect(await response.json()).toEqual({ error: expect.stringMatching(/^WRONGTYPE/) as string });
  });

  it("a pipeline is one round trip and keeps each command's own result or error", async () => {
    const before = front.requests();
    const pipeline = redis.pipeline().set("p", "1").incr("p").get("list").get("p");
    const results = await pipeline.exec({ keepErrors: true });
    expect(front.requests() - before).toBe(1);
    expect(results.map(({ result }) => result)).toEqual(["OK", 2, undefined, 2]);
    expect(results[2]?.error).toMatch(/WRONGTYPE/);
  });

  it("a transaction returns all results in order", async () => {
    expect(await redis.multi().set("t", "5").incrby("t", 2).mget("t", "missing").exec()).toEqual(["OK", 7, [7, null]]);
  });

  it("without its token nothing is answered", async () => {
    const stranger = new Redis({ url: front.url, token: "b-token", retry: false });
    await expect(stranger.get("k")).rejects.toThrow(/Unauthorized/);
    expect((await fetch(front.url, { method: "POST", body: '["PING"]' })).status).toBe(401);
  });

  it("commands that would disturb the shared connection are refused", async () => {
    await expect(redis.exec(["SELECT", 3])).rejects.toThrow(/not available over REST/);
  });

  it("binary keys and bytes that are no text pass through base64 unharmed", async () => {
    await redis.set("bytes", "x");
    const response = await fetch(front.url, {
      method: "POST",
      headers: { authorization: `Bearer ${TOKEN}`, "upstash-encoding": "base64" },
      body: JSON.stringify(["EVAL", "return {string.char(0, 255), redis.call('SET', KEYS[1], 'v')}", 1, "bytes"]),
    });
    expect(await response.json()).toEqual({ result: [Buffer.from([0, 255]).toString("base64"), "OK"] });
  });

  it("a Redis that was killed is an error at once, and comes back on the same port by itself", async () => {
    const pid = server.pid();
    process.kill(pid ?? 0, "SIGKILL");
    await expect.poll(() => server.pid()).not.toBe(pid);
    await expect(redis.get("k")).rejects.toThrow();
    await expect.poll(() => redis.ping().catch(() => "down")).toBe("PONG");
    expect(server.pid()).not.toBe(pid);
  });
});
