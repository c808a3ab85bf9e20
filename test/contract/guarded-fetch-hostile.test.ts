import { networkInterfaces } from "node:os";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import { URL_LIMITS } from "#core/domain/packs/url.ts";
import { WEB_PORTS } from "#core/domain/public-target.ts";
import { createGuardedFetch } from "../../backend/drivers/fetch/guarded-fetch.ts";
import type { Lookup } from "../../backend/drivers/fetch/resolve-name.ts";
import { closeNetwork } from "./support/closed-network.ts";
import {
  disguisedUrls,
  FORBIDDEN_V4,
  FORBIDDEN_V6,
  INSIDE_NAMES,
  loopbackUrls,
  OTHER_PORTS,
  OTHER_SCHEMES,
} from "./support/hostile-targets.ts";
import { type LocalServer, serve } from "./support/local-server.ts";

const PUBLIC = "93.184.215.14";
const FRONT = "front.example.com";
const html = { "content-type": "text/html" };
const options = () => ({ signal: new AbortController().signal, accept: ["text/html"] });

const ipv6 = Object.values(networkInterfaces()).some((all) => all?.some(({ address }) => address === "::1"));

/** Listeners on all loopback addresses of this machine, at a port that the guard would let a public host have. */
async function listen(): Promise<LocalServer[]> {
  for (const port of WEB_PORTS) {
    const hosts = ["127.0.0.1", "127.0.0.2", ...(ipv6 ? ["::1"] : [])];
    const answer = (host: string) => serve((_, response) => response.writeHead(200, html).end("secret"), host, port);
    const settled = await Promise.allSettled(hosts.map(answer));
    const servers = settled.flatMap((one) => (one.status === "fulfilled" ? [one.value] : []));
    if (servers.length === hosts.length) return servers;
    await Promise.all(servers.map((server) => server[Symbol.asyncDispose]()));
  }
  throw new Error("every port of the web is taken on this machine");
}

/** A port of the web where the listeners are; known before the tables are made. */
const listeners = await listen();
const PORT = listeners[0]?.port ?? 0;
const network = closeNetwork();
const connections = () => listeners.reduce((sum, server) => sum + server.connections(), 0);
let before = 0;
let asked: string[] = [];

/** Resolves the front to loopback and every other name as told, one answer after the other, the last for ever. */
function resolver(...answers: string[][]): Lookup {
  let turn = 0;
  return async (host) => {
    asked.push(host);
    const addresses = host === FRONT ? ["127.0.0.1"] : (answers[Math.min(turn++, answers.length - 1)] ?? []);
    return addresses.map((address) => ({ address, family: address.includes(":") ? 6 : 4 }));
  };
}

const REFUSED = /^(ADDRESS_NOT_ALLOWED|BAD_URL)$/;
const fetchFrom = (url: string, lookup = resolver()) => createGuardedFetch({ lookup, backoffMs: 1 })(url, options());

beforeAll(async () => {
  const control = createGuardedFetch({ allowHosts: [`127.0.0.1:${PORT}`] });
  expect(await control(`http://127.0.0.1:${PORT}/`, options())).toMatchObject({ kind: "ok" });
  expect(connections()).toBe(1);
  before = connections();
});
afterEach(() => {
  const reached = { connections: connections() - before, attempts: network.attempts.splice(0) };
  before = connections();
  asked = [];
  expect(reached).toEqual({ connections: 0, attempts: [] });
});
afterAll(async () => {
  network[Symbol.dispose]();
  await Promise.all(listeners.map((server) => server[Symbol.asyncDispose]()));
});

const bracketed = (address: string) => (address.includes(":") ? `[${address}]` : address);
const FORBIDDEN = [...FORBIDDEN_V4, ...FORBIDDEN_V6];
const HOSTILE = [
  ...loopbackUrls(PORT),
  ...disguisedUrls(PORT),
  ...FORBIDDEN.map((address) => `http://${bracketed(address)}/`),
  ...INSIDE_NAMES.map((name) => `http://${name}/`),
  ...OTHER_SCHEMES,
  ...OTHER_PORTS.map((port) => `http://${PUBLIC}:${port}/`),
  `https://${PUBLIC}:80000/`,
  `http://example.com/${"x".repeat(URL_LIMITS.max_url_chars)}`,
];

describe("no packet is sent", () => {
  test("to more than sixty targets, each written once", () => {
    expect(new Set(HOSTILE).size).toBe(HOSTILE.length);
    expect(HOSTILE.length).toBeGreaterThan(250);
  });

  test.each(HOSTILE)("to %j", async (url) => {
    const outcome = await fetchFrom(url);
    expect(outcome).toMatchObject({ kind: "refused", reason_code: expect.stringMatching(REFUSED) });
    expect(asked).toEqual([]);
  });

  test.each([...FORBIDDEN, "fe80::1%eth0", "127.1", "2130706433", "not an address", ""])(
    "to a name that resolves to %j, alone or beside public addresses",
    async (address) => {
      for (const answer of [[address], [PUBLIC, address], [address, PUBLIC], [PUBLIC, "2606:4700::1111", address]]) {
        const outcome = await fetchFrom(`http://site.example.com:${PORT}/`, resolver(answer));
        expect(outcome).toMatchObject({ kind: "refused", reason_code: "ADDRESS_NOT_ALLOWED" });
        if (address !== "") expect(JSON.stringify(outcome)).not.toContain(address);
      }
    },
  );
});

describe("a redirect", () => {
  async function redirected(location: string, lookup = resolver(["127.0.0.1"])) {
    await using front = await serve((_, response) => response.writeHead(302, { location }).end());
    const fetch = createGuardedFetch({ lookup, allowHosts: [`${FRONT}:${front.port}`], backoffMs: 1 });
    return { outcome: await fetch(`http://${FRONT}:${front.port}/`, options()), hops: front.requests.length };
  }
  /** As a header can carry it: no tabs and line feeds, all else that is not ASCII as UTF-8 in percent form. */
  const carried = (url: string) =>
    url
      .replace(/[\t\r\n]/g, "")
      .trim()
      .replace(/[^\x21-\x7e]/gu, (letter) => encodeURIComponent(letter));
  /** When a redirect names one of these, it names another page of the same host. */
  const RELATIVE = /^(http:\/?[^/\\]|\d)/i;

  test.each(HOSTILE.map(carried).filter((url) => !RELATIVE.test(url)))("to %j is not followed", async (location) => {
    const { outcome, hops } = await redirected(location);
    expect(outcome).toMatchObject({ kind: "failed", reason_code: expect.stringMatching(REFUSED) });
    expect(hops).toBe(1);
  });

  test.each([
    `//127.0.0.1:${PORT}/`,
    `\\\\127.0.0.1:${PORT}\\`,
    `/\\127.0.0.1:${PORT}/`,
    `///127.0.0.1:${PORT}/`,
    `http://site.example.com:${PORT}/`,
    `https://site.example.com:${PORT}/`,
  ])("to %j, whatever its name resolves to, is not followed", async (location) => {
    const { outcome } = await redirected(location);
    expect(outcome).toMatchObject({ kind: "failed", reason_code: "ADDRESS_NOT_ALLOWED" });
  });

  test.each(["refresh", "content-location", "alt-svc", "link", "x-accel-redirect"])(
    "is told by Location alone: %s leads nowhere",
    async (name) => {
      const target = `http://127.0.0.1:${PORT}/`;
      const value = {
        refresh: `0; url=${target}`,
        "alt-svc": `h2="127.0.0.1:${PORT}"`,
        link: `<${target}>; rel=preload`,
      };
      const headers = { ...html, [name]: (value as Record<string, string>)[name] ?? target };
      const body = `<meta http-equiv="refresh" content="0; url=${target}"><img src="${target}">`;
      await using front = await serve((_, response) => response.writeHead(200, headers).end(body));
      const fetch = createGuardedFetch({ allowHosts: [`127.0.0.1:${front.port}`] });
      expect(await fetch(front.origin, options())).toMatchObject({ kind: "ok", redirects: [] });
    },
  );
});

describe("a name that changes its answer", () => {
  test("between two tries is judged anew, and the second answer is not connected to", async () => {
    const outcome = await fetchFrom(`http://rebind.example.com:${PORT}/`, resolver([PUBLIC], ["127.0.0.1"]));
    expect(outcome).toMatchObject({ kind: "failed", reason_code: "ADDRESS_NOT_ALLOWED" });
    expect(asked).toHaveLength(2);
    expect(network.attempts.splice(0)).toEqual([PUBLIC]);
  });

  test.each(["http", "https"])("between judging and connecting is asked once a try over %s", async (scheme) => {
    let turn = 0;
    const flip = async () => [{ address: turn++ % 2 === 0 ? PUBLIC : "127.0.0.1", family: 4 }];
    const lookup: Lookup = async (host) => (asked.push(host), flip());
    const outcome = await fetchFrom(`${scheme}://rebind.example.com:${PORT}/`, lookup);
    expect(outcome.kind).toBe("failed");
    expect(network.attempts.splice(0)).toEqual([PUBLIC]);
    expect(asked).toHaveLength(2);
  });
});
