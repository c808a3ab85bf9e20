import { describe, expect, it } from "vitest";
import type { Lookup } from "../../backend/drivers/fetch/resolve-name.ts";
import { createWebhookSender } from "../../backend/drivers/fetch/webhook-sender.ts";
import { receiver } from "./support/webhook-world.ts";

describe("a hostile address", () => {
  it.each([
    "http://127.0.0.1:PORT/",
    "http://2130706433:PORT/",
    "http://0x7f000001:PORT/",
    "http://0177.0.0.1:PORT/",
    "http://127.1:PORT/",
    "http://localhost:PORT/",
    "http://[::ffff:127.0.0.1]:PORT/",
    "http://private.example.org:PORT/",
    "http://private.example.org/",
    "http://mixed.example.org/",
    "http://169.254.169.254/latest/meta-data/",
    "file:///etc/passwd",
    "no URL",
  ])("%s never sees a connection", async (pattern) => {
    await using server = await receiver();
    const found: Readonly<Record<string, readonly string[]>> = {
      "private.example.org": ["127.0.0.1"],
      "mixed.example.org": ["93.184.216.34", "127.0.0.1"],
    };
    const lookup: Lookup = async (host) => (found[host] ?? []).map((address) => ({ address, family: 4 }));
    const url = pattern.replace("PORT", String(server.port));
    const answer = await createWebhookSender({ lookup })({ url, headers: {}, body: "{}" });
    expect(answer).toEqual({ kind: "unanswered", fault: "address-not-allowed" });
    expect(server.connections()).toBe(0);
  });

  it("cannot change between the look and the connection: its name is asked for once", async () => {
    await using server = await receiver();
    const asked: string[] = [];
    const lookup: Lookup = async (host) => {
      asked.push(host);
      return [{ address: asked.length === 1 ? "127.0.0.1" : "127.0.0.2", family: 4 }];
    };
    const send = createWebhookSender({ lookup, allowHosts: [`hook.example.org:${server.port}`] });
    const url = `http://hook.example.org:${server.port}/`;
    expect(await send({ url, headers: {}, body: "{}" })).toMatchObject({ kind: "answered", status: 204 });
    expect(asked).toEqual(["hook.example.org"]);
    expect(server.received[0]?.headers["host"]).toBe(`hook.example.org:${server.port}`);
  });

  it("that has no name, or no server, is a fault with a name of its own", async () => {
    const server = await receiver();
    await server[Symbol.asyncDispose]();
    const send = createWebhookSender({ lookup: async () => [], allowHosts: ["127.0.0.1:*"] });
    expect(await send({ url: "https://nobody.example.org/", headers: {}, body: "{}" })).toEqual({
      kind: "unanswered",
      fault: "dns",
    });
    expect(await send({ url: server.url, headers: {}, body: "{}" })).toEqual({
      kind: "unanswered",
      fault: "connection",
    });
  });
});

it("an answer that has no end is not read to its end", async () => {
  await using server = await receiver((_, response) => {
    response.writeHead(200);
    const chunk = Buffer.alloc(16_384);
    const pump = () => {
      while (!response.destroyed && response.write(chunk));
    };
    response.on("drain", pump);
    pump();
  });
  const send = createWebhookSender({ allowHosts: ["127.0.0.1:*"] });
  const answer = await send({ url: server.url, headers: {}, body: "{}" });
  expect(answer).toEqual({ kind: "answered", status: 200, retry_after_seconds: 0 });
});
