import { once } from "node:events";
import { connect, type Socket } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import { text } from "node:stream/consumers";
import { expect, test } from "vitest";
import { acceptedRun, post } from "./client.ts";
import { sharedWorld } from "./harness.ts";

const world = await sharedWorld();
const logged_before = world.logs.length;
const account = await world.account();

/** The head of a submit and what is sent of its body, over a bare socket. */
async function begin(more: string, body: string): Promise<Socket> {
  const { hostname, port } = new URL(world.url);
  const socket = connect({ host: hostname, port: Number(port), allowHalfOpen: true });
  await once(socket, "connect");
  socket.write(
    `POST /v1/runs HTTP/1.1\r\nHost: ${hostname}\r\nAuthorization: Bearer ${account.api_key}\r\n` +
      `Content-Type: application/json\r\nIdempotency-Key: broken-body-1\r\nConnection: close\r\n${more}\r\n\r\n${body}`,
  );
  return socket;
}

const HALF = `{"pack_type":"decision","inputs":{"question":"${"x".repeat(190)}`;

test.each([
  ["that ends before its length", "Content-Length: 5000", HALF],
  ["of no byte at all", "Content-Length: 5000", ""],
  ["with a malformed chunk", "Transfer-Encoding: chunked", `5\r\n{"pac\r\nZZZ\r\n${HALF}`],
  ["that ends within a chunk", "Transfer-Encoding: chunked", `1f4\r\n${HALF}`],
])("a body %s is a 400", async (_what, more, body) => {
  const socket = await begin(more, body);
  socket.end();
  const answer = await text(socket);
  expect(answer).toMatch(/^HTTP\/1\.1 400 /);
  expect(answer).toContain("/problems/invalid-request");
  expect(answer).toContain("The body ended early.");
});

test("a client that goes away in the middle of its body disturbs nobody", async () => {
  const socket = await begin("Content-Length: 5000", HALF);
  await sleep(100);
  socket.destroy();
  await sleep(300);
  acceptedRun(await post({ url: world.url, api_key: account.api_key }));
});

test("nothing of it is an error in the log", () => {
  expect(world.logs.slice(logged_before).filter((line) => line.includes('"error"'))).toEqual([]);
});
