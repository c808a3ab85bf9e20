import { randomUUID } from "node:crypto";
import { type AddressInfo, createServer, connect as dial, type Server, type Socket } from "node:net";
import { afterAll, beforeAll, describe, expect, inject, it } from "vitest";
import { Outage } from "#core/domain/outage.ts";
import { createRedis, type RedisDriver } from "../../backend/drivers/redis.ts";
import { freePort } from "../dev/free-port.ts";
import { redisEngines } from "../dev/redis-engines.ts";
import { startCluster } from "./support/redis-cluster.ts";

const target = new URL(inject("stack").redisUrl);
const open: RedisDriver[] = [];

function connect(url: string, command_timeout_ms = 5_000, cluster = false): RedisDriver {
  const driver = createRedis({ url, command_timeout_ms, cluster });
  open.push(driver);
  return driver;
}

const failure = async (reply: Promise<unknown>): Promise<unknown> =>
  reply.then(
    () => "no failure",
    (error: unknown) => error,
  );

/** A way to Redis that can be cut, mended and made to swallow answers. */
class Line {
  deaf = false;
  readonly #sockets = new Set<Socket>();
  #server: Server | undefined;
  #port = 0;

  get url(): string {
    return `redis://127.0.0.1:${this.#port}`;
  }

  async open(): Promise<void> {
    this.#port ||= await freePort();
    this.#server = createServer((near) => {
      const far = dial(Number(target.port), target.hostname);
      for (const socket of [near, far]) this.#sockets.add(socket.on("error", () => undefined));
      near.on("data", (data) => far.write(data)).on("close", () => far.destroy());
      far.on("data", (data) => this.deaf || near.write(data)).on("close", () => near.destroy());
    });
    const server = this.#server;
    await new Promise<void>((resolve) => server.listen(this.#port, "127.0.0.1", resolve));
    this.#port = (server.address() as AddressInfo).port;
  }

  async cut(): Promise<void> {
    for (const socket of this.#sockets) socket.destroy();
    this.#sockets.clear();
    await new Promise((resolve) => this.#server?.close(resolve));
  }
}

const line = new Line();
const add = { name: "add", lua: "return {redis.call('INCRBY', KEYS[1], ARGV[1]), 'ok', false, {1, '2'}}" };

beforeAll(() => line.open());
afterAll(async () => {
  for (const driver of open) driver.close();
  await line.cut();
});

describe("the Redis driver", () => {
  it("runs a script that the server does not know yet, and again when it knows it", async () => {
    const { redis } = connect(target.href);
    const key = randomUUID();
    const fresh = { name: "fresh", lua: `${add.lua} -- ${key}` };
    expect(await redis.run(fresh, [key], ["2"])).toEqual([2, "ok", null, [1, "2"]]);
    expect(await redis.run(fresh, [key], ["3"])).toEqual([5, "ok", null, [1, "2"]]);
  });

  it("gets and sets, with and without a time to live", async () => {
    const { redis } = connect(target.href);
    const key = randomUUID();
    expect(await redis.get(key)).toBeNull();
    await redis.set(key, "for ever");
    expect(await redis.get(key)).toBe("for ever");
    await redis.set(key, "briefly", 20);
    await expect.poll(() => redis.get(key)).toBeNull();
  });

  it("passes on the error of a script", async () => {
    const error = await failure(
      connect(target.href).redis.run({ name: "bad", lua: "return redis.call('NOSUCH')" }, [], []),
    );
    expect(error).toBeInstanceOf(Error);
    expect(error).not.toBeInstanceOf(Outage);
  });

  it("reports an outage at once where nothing listens", async () => {
    const { redis } = connect(`redis://127.0.0.1:${await freePort()}`);
    for (let call = 0; call < 5; call += 1) expect(await failure(redis.get("x"))).toBeInstanceOf(Outage);
  });

  it("reports the loss of what was under way, sends it no second time, and recovers by itself", async () => {
    const { redis } = connect(line.url);
    const key = randomUUID();
    await redis.run(add, [key], ["1"]);
    line.deaf = true;
    const lost = failure(redis.run(add, [key], ["1"]));
    await expect.poll(() => connect(target.href).redis.get(key)).toBe("2");
    await line.cut();
    expect(await lost).toBeInstanceOf(Outage);
    expect(await failure(redis.get(key))).toBeInstanceOf(Outage);
    line.deaf = false;
    await line.open();
    await expect.poll(() => redis.get(key).catch(() => "down")).toBe("2");
  });

  it("reports an outage when no answer comes in time", async () => {
    const { redis } = connect(line.url, 300);
    await redis.get("x");
    line.deaf = true;
    expect(await failure(redis.get("x"))).toBeInstanceOf(Outage);
    line.deaf = false;
  });

  it.each(redisEngines().filter((engine) => engine === "auto"))("finds the node of each key in a cluster", async () => {
    const cluster = await startCluster(3);
    try {
      const { redis } = connect(cluster.url, 5_000, true);
      for (let tenant = 0; tenant < 24; tenant += 1) {
        const key = `{${tenant}}:budget`;
        expect(await redis.run(add, [key], ["5"])).toEqual([5, "ok", null, [1, "2"]]);
        expect(await redis.get(key)).toBe("5");
      }
      const { redis: single } = connect(cluster.url);
      const keys = Array.from({ length: 24 }, (_, tenant) => `{${tenant}}:budget`);
      const replies = await Promise.all(keys.map((key) => failure(single.get(key))));
      // A client that knows one node is told to ask others: nothing was done.
      expect(replies.some((reply) => reply instanceof Outage)).toBe(true);
    } finally {
      await cluster.stop();
    }
  });
});
