import { createSocket } from "node:dgram";
import { isIPv4 } from "node:net";
import { describe, expect, test } from "vitest";
import { createGuardedFetch } from "../../backend/drivers/fetch/guarded-fetch.ts";
import { createDnsLookup, lookupListed } from "../../backend/drivers/fetch/resolve-name.ts";
import { resolveTarget } from "../../backend/drivers/fetch/resolve-target.ts";
import { serve } from "./support/local-server.ts";

type Kind = "A" | "AAAA";
/** The addresses of a record, a response code (3 for a name that is not there), or no answer at all. */
type Reply = readonly string[] | number | "silence";

const NAME = "site.example.com";
const signal = () => new AbortController().signal;

function bytesOf(address: string): Buffer {
  if (isIPv4(address)) return Buffer.from(address.split(".").map(Number));
  const [head = "", tail = ""] = address.split("::");
  const groups = (text: string) => (text === "" ? [] : text.split(":"));
  const zeros = Array.from({ length: 8 - groups(head).length - groups(tail).length }, () => "0");
  return Buffer.from(
    [...groups(head), ...zeros, ...groups(tail)].map((group) => group.padStart(4, "0")).join(""),
    "hex",
  );
}

/** RFC 1035: "host" under the name that was asked for, of which the rest is pointed to. */
const ALIAS = Buffer.from([4, ...Buffer.from("host"), 0xc0, 12]);
const CNAME = Buffer.concat([Buffer.from([0xc0, 12, 0, 5, 0, 1, 0, 0, 0, 9, 0, ALIAS.length]), ALIAS]);

/** RFC 1035: the question again, then a record for each address, which an alias has when there is one. */
function respond(query: Buffer, end: number, reply: readonly string[] | number, aliased: boolean): Buffer {
  const addresses = typeof reply === "number" ? [] : reply;
  const header = Buffer.from(query.subarray(0, 12));
  header.writeUInt16BE(0x8180 | (typeof reply === "number" ? reply : 0), 2);
  for (const [offset, count] of [1, addresses.length + (aliased ? 1 : 0), 0, 0].entries())
    header.writeUInt16BE(count, 4 + 2 * offset);
  const records = addresses.map((address) => {
    const data = bytesOf(address);
    return Buffer.concat([
      aliased ? ALIAS : Buffer.from([0xc0, 12]),
      Buffer.from([0, data.length === 4 ? 1 : 28, 0, 1, 0, 0, 0, 9, 0, data.length]),
      data,
    ]);
  });
  return Buffer.concat([header, query.subarray(12, end), ...(aliased ? [CNAME] : []), ...records]);
}

/** A name server on loopback that gives every name the same records. */
async function nameServer(reply: Record<Kind, Reply>, { aliased = false } = {}) {
  const socket = createSocket("udp4");
  const asked: Kind[] = [];
  socket.on("message", (query, from) => {
    const end = query.indexOf(0, 12) + 5;
    const kind = query.readUInt16BE(end - 4) === 28 ? "AAAA" : "A";
    asked.push(kind);
    const answer = reply[kind];
    if (answer !== "silence") socket.send(respond(query, end, answer, aliased), from.port, from.address);
  });
  await new Promise<void>((resolve) => {
    socket.bind(0, "127.0.0.1", resolve);
  });
  const lookup = createDnsLookup([`127.0.0.1:${socket.address().port}`]);
  const fetch = (deadlineMs: number) =>
    createGuardedFetch({ lookup, deadlineMs, backoffMs: 1 })(`http://${NAME}/`, { signal: signal(), accept: [] });
  return { asked, lookup, fetch, [Symbol.asyncDispose]: async () => void socket.close() };
}

describe("a name asked of the DNS", () => {
  test("has the addresses of both families", async () => {
    await using server = await nameServer({ A: ["93.184.215.14", "1.1.1.1"], AAAA: ["2606:4700::1111"] });
    expect(await server.lookup(NAME, signal())).toEqual([
      { address: "93.184.215.14", family: 4 },
      { address: "1.1.1.1", family: 4 },
      { address: "2606:4700::1111", family: 6 },
    ]);
    expect(server.asked.toSorted()).toEqual(["A", "AAAA"]);
  });

  test.each<[string, Reply, Reply]>([
    ["the other kind does not exist", ["1.1.1.1"], []],
    ["the other kind fails", ["1.1.1.1"], 2],
  ])("has what one record gives when %s", async (_, A, AAAA) => {
    await using server = await nameServer({ A, AAAA });
    expect(await server.lookup(NAME, signal())).toEqual([{ address: "1.1.1.1", family: 4 }]);
  });

  // Judged without a fetch, so that even a broken guard would send these addresses nothing.
  test.each<[string, Record<Kind, Reply>]>([
    ["its A record", { A: ["10.0.0.1"], AAAA: [] }],
    ["its AAAA record", { A: ["93.184.215.14"], AAAA: ["fd00::1"] }],
    ["one of many", { A: ["93.184.215.14", "169.254.169.254"], AAAA: [] }],
  ])("is refused when %s is private", async (_, reply) => {
    await using server = await nameServer(reply);
    const lookups = { lookup: server.lookup, lookupListed };
    const target = await resolveTarget(new URL(`http://${NAME}/`), lookups, [], signal());
    expect(target).toMatchObject({ kind: "refused", reason_code: "ADDRESS_NOT_ALLOWED" });
  });

  test("is judged by the addresses of the name that it is an alias of", async () => {
    await using honest = await nameServer({ A: ["93.184.215.14"], AAAA: [] }, { aliased: true });
    expect(await honest.lookup(NAME, signal())).toEqual([{ address: "93.184.215.14", family: 4 }]);
    await using server = await nameServer({ A: ["169.254.169.254"], AAAA: [] }, { aliased: true });
    const lookups = { lookup: server.lookup, lookupListed };
    const target = await resolveTarget(new URL(`http://${NAME}/`), lookups, [], signal());
    expect(target).toMatchObject({ kind: "refused", reason_code: "ADDRESS_NOT_ALLOWED" });
  });

  test.each<[string, Reply]>([
    ["is not there", 3],
    ["has no record", []],
  ])("fails at once when it %s", async (_, reply) => {
    await using server = await nameServer({ A: reply, AAAA: reply });
    expect(await server.fetch(10_000)).toMatchObject({ kind: "failed", reason_code: "DNS" });
    expect(server.asked.toSorted()).toEqual(["A", "AAAA"]);
  });

  test("that no server answers for meets the deadline", async () => {
    await using server = await nameServer({ A: "silence", AAAA: "silence" });
    expect(await server.fetch(100)).toMatchObject({ kind: "failed", reason_code: "TIMEOUT" });
  });

  test("is asked for no longer after an abort", async () => {
    await using server = await nameServer({ A: "silence", AAAA: "silence" });
    const stop = new AbortController();
    const looking = server.lookup(NAME, stop.signal);
    stop.abort();
    await expect(looking).rejects.toMatchObject({ code: "ECANCELLED" });
  });
});

test("an address is never asked for, not even one in disguise", async () => {
  const lookup = () => Promise.reject(new Error("asked"));
  const resolve = (url: string) =>
    resolveTarget(new URL(url), { lookup, lookupListed: lookup }, ["127.0.0.1:80"], signal());
  expect(await resolve("http://2130706433/")).toEqual({ kind: "ok", addresses: [{ address: "127.0.0.1", family: 4 }] });
  expect(await resolve("http://[2606:4700::1111]/")).toMatchObject({ kind: "ok" });
});

test("a listed name is the operating system's to resolve, hosts file and all", async () => {
  const html = { "content-type": "text/html" };
  await using server = await serve((_, response) => response.writeHead(200, html).end("local"));
  const fetch = createGuardedFetch({ allowHosts: [`localhost:${server.port}`] });
  const outcome = await fetch(`http://localhost:${server.port}/`, { signal: signal(), accept: ["text/html"] });
  expect(outcome.kind).toBe("ok");
});
