import { describe, expect, test } from "vitest";
import { createGuardedFetch } from "../../backend/drivers/fetch/guarded-fetch.ts";
import type { Lookup } from "../../backend/drivers/fetch/resolve-name.ts";
import { resolveTarget } from "../../backend/drivers/fetch/resolve-target.ts";
import { type LocalServer, serve } from "./support/local-server.ts";

const accept = ["text/html"];
const options = () => ({ signal: new AbortController().signal, accept });
const html = { "content-type": "text/html" };

const page = (body: string) => serve((_, response) => response.writeHead(200, html).end(body));

/** Gives these answers one after the other, the last one for ever, and counts how often it was asked. */
function resolver(...answers: string[][]): Lookup & { asked: () => number } {
  let turn = 0;
  const lookup = async () => {
    const addresses = answers[Math.min(turn, answers.length - 1)] ?? [];
    turn += 1;
    return addresses.map((address) => ({ address, family: address.includes(":") ? 6 : 4 }));
  };
  return Object.assign(lookup, { asked: () => turn });
}

describe("a name", () => {
  test.each([
    ["a loopback address", ["127.0.0.1"]],
    ["a private address", ["10.1.2.3"]],
    ["the metadata address", ["169.254.169.254"]],
    ["a mapped loopback address", ["::ffff:127.0.0.1"]],
    ["a unique local address", ["fd00:ec2::254"]],
    ["a public and a private address", ["93.184.215.14", "192.168.1.1"]],
    ["something that is no address", ["not an address"]],
  ])("that resolves to %s is refused without naming it", async (_, answer) => {
    // Judged without a fetch, so that even a broken guard would send these addresses nothing.
    const lookups = { lookup: resolver(answer), lookupListed: resolver() };
    const target = await resolveTarget(new URL("http://site.example.com/"), lookups, [], options().signal);
    expect(target).toMatchObject({ kind: "refused", reason_code: "ADDRESS_NOT_ALLOWED" });
    for (const address of answer) expect(JSON.stringify(target)).not.toContain(address);
  });

  test("that resolves to loopback is refused before any packet", async () => {
    const fetch = createGuardedFetch({ lookup: resolver(["127.0.0.1"]) });
    expect(await fetch("http://site.example.com/", options())).toMatchObject({ kind: "refused" });
  });

  test("is resolved once, and the connection goes to that answer even when the next one differs", async () => {
    await using first = await page("first");
    await using second = await serve(
      (_, response) => response.writeHead(200, html).end("second"),
      "127.0.0.2",
      first.port,
    );
    const lookup = resolver(["127.0.0.1"], ["127.0.0.2"]);
    const fetch = createGuardedFetch({ lookup, allowHosts: [`rebind.example.com:${first.port}`] });
    const outcome = await fetch(`http://rebind.example.com:${first.port}/`, options());
    expect(outcome.kind === "ok" && new TextDecoder().decode(outcome.body)).toBe("first");
    expect(first.requests[0]?.headers.host).toBe(`rebind.example.com:${first.port}`);
    expect(lookup.asked()).toBe(1);
    expect(second.connections()).toBe(0);
  });

  test.each([
    ["ENOTFOUND", 1],
    ["EAI_AGAIN", 3],
    ["ESERVFAIL", 3],
    ["ETIMEOUT", 3],
  ])("whose lookup fails with %s fails after %i tries", async (code, tries) => {
    let asked = 0;
    const lookup = async () => {
      asked += 1;
      throw Object.assign(new Error("getaddrinfo"), { code });
    };
    const outcome = await createGuardedFetch({ lookup, backoffMs: 1 })("http://site.example.com/", options());
    expect(outcome).toMatchObject({ kind: "failed", reason_code: "DNS" });
    expect(asked).toBe(tries);
  });

  test("whose lookup never answers meets the deadline", async () => {
    const lookup = () => new Promise<never>(() => undefined);
    const outcome = await createGuardedFetch({ lookup, deadlineMs: 50 })("http://site.example.com/", options());
    expect(outcome).toMatchObject({ kind: "failed", reason_code: "TIMEOUT" });
  });
});

describe("a redirect", () => {
  async function redirected(location: (target: LocalServer) => string, lookup = resolver(["127.0.0.1"])) {
    await using target = await page("secret");
    await using front = await serve((_, response) => response.writeHead(302, { location: location(target) }).end());
    const fetch = createGuardedFetch({ lookup, allowHosts: [`site.example.com:${front.port}`] });
    const outcome = await fetch(`http://site.example.com:${front.port}/`, options());
    return { outcome, reached: target.connections() };
  }

  test.each<[string, (target: LocalServer) => string]>([
    ["a loopback address", ({ port }) => `http://127.0.0.1:${port}/`],
    ["loopback in decimal", ({ port }) => `http://2130706433:${port}/`],
    ["mapped loopback", ({ port }) => `http://[::ffff:127.0.0.1]:${port}/`],
    ["localhost", ({ port }) => `http://localhost:${port}/`],
    ["the same listed name on another port", ({ port }) => `http://site.example.com:${port}/`],
    ["a name that resolves to loopback", () => "http://other.example.com/"],
  ])("to %s is not followed, and nothing reaches it", async (_, location) => {
    const { outcome, reached } = await redirected(location);
    expect(outcome).toMatchObject({ kind: "failed", reason_code: "ADDRESS_NOT_ALLOWED" });
    expect(reached).toBe(0);
  });

  test.each([
    "file:///etc/passwd",
    "http://user:pass@site.example.com/",
    "ftp://site.example.com/",
    "http://[",
    "http://site.example.com./",
  ])("to %s is not followed", async (location) => {
    const { outcome } = await redirected(() => location);
    expect(outcome.kind).toBe("failed");
    expect(outcome.kind !== "ok" && outcome.reason_code).toMatch(/BAD_URL|ADDRESS_NOT_ALLOWED/);
  });
});

test("nothing is exempt by default: a local server is refused and sees no connection", async () => {
  await using target = await page("secret");
  const outcome = await createGuardedFetch()(target.origin, options());
  expect(outcome.kind).toBe("refused");
  expect(target.connections()).toBe(0);
});

test("an exempt host still may not carry a password or another scheme", async () => {
  const fetch = createGuardedFetch({ allowHosts: ["127.0.0.1:80"] });
  for (const url of ["http://user@127.0.0.1/", "ftp://127.0.0.1/"]) {
    expect(await fetch(url, options())).toMatchObject({ kind: "refused", reason_code: "BAD_URL" });
  }
});
