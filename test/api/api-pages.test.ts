import { describe, expect, test } from "vitest";
import { formatUsd } from "#core/domain/money.ts";
import { catalog } from "#core/domain/packs/catalog.ts";
import { PROBLEMS } from "#core/domain/problem.ts";
import { dataSchema, inputsSchema } from "../../edge/runs/request-schemas.ts";
import { call } from "./client.ts";
import { operations } from "./document.ts";
import { SHARED, sharedWorld } from "./harness.ts";

type Json = Readonly<Record<string, unknown>>;

const world = await sharedWorld();

const ONE_YEAR_MS = 365 * 86_400_000;
const loaded = (page: string) => [...page.matchAll(/<(?:script src|link rel="stylesheet" href)="([^"]+)"/g)];

describe.each(["/docs", "/redoc"])("the page %s", (path) => {
  test("loads its scripts and styles from its own origin, for good where their address has a version", async () => {
    const { text } = await call(world.url + path);
    const addresses = loaded(text).map(([, address = ""]) => address);
    expect(addresses.length).toBeGreaterThan(0);
    for (const address of addresses) {
      expect(address).toMatch(/^\/assets\//);
      const { status, headers } = await call(world.url + address);
      expect(status, address).toBe(200);
      expect(headers.get("content-type")).toMatch(/^text\/(javascript|css)/);
      expect(headers.get("x-content-type-options")).toBe("nosniff");
      const forever = /-\d+\.\d+\.\d+\//.test(address);
      expect(headers.get("cache-control")).toMatch(forever ? /max-age=31536000, immutable/ : /must-revalidate/);
    }
  });

  test("runs under a policy that lets no script in but those", async () => {
    const { headers, text } = await call(world.url + path);
    expect(headers.get("content-security-policy")).toMatch(/^default-src 'none'; .*; script-src 'self'; /);
    expect(headers.get("content-security-policy")).not.toMatch(/https?:|script-src[^;]*unsafe/);
    expect(text).not.toMatch(/<script(?! src="\/assets\/)|https?:\/\//);
  });
});

test("an agent is told every operation, pack and problem, with prices", async () => {
  const { headers, text } = await call(`${world.url}/llms.txt`);
  expect(headers.get("content-type")).toMatch(/^text\/plain/);
  expect(text).toMatch(/^# Decisionproof\n\n> .+\n\n/);
  for (const { method, path, summary } of operations) {
    const line = text.split("\n").find((each) => each.startsWith(`- [${method} ${path}](${world.url}/`));
    expect(line, `${method} ${path}`).toContain(`: ${summary}. `);
  }
  for (const { type, prices } of catalog.values()) {
    const line = text.split("\n").find((each) => each.startsWith(`- [${type}](`));
    for (const { unit_micros, per } of Object.values(prices)) {
      expect(line).toContain(`${formatUsd(unit_micros)} per ${per}`);
    }
  }
  for (const slug of Object.keys(PROBLEMS)) expect(text).toContain(`](${world.url}/problems/${slug}): `);
});

test("nothing that the pages load asks another host by itself", async () => {
  for (const path of ["/docs", "/redoc"]) {
    for (const [, address = ""] of loaded((await call(world.url + path)).text))
      expect((await call(world.url + address)).text).not.toMatch(/cdn\.redoc\.ly|src="https?:/);
  }
});

/** The names of all members within a schema. */
function* namesIn(schema: Json): Generator<string> {
  const { properties = {}, items, anyOf = [], oneOf = [] } = schema;
  for (const [name, member] of Object.entries(properties as Readonly<Record<string, Json>>)) {
    yield name;
    yield* namesIn(member);
  }
  for (const each of [...(anyOf as Json[]), ...(oneOf as Json[])]) yield* namesIn(each);
  if (items !== undefined) yield* namesIn(items as Json);
}

test("an agent is told the inputs of every pack, the data of its results, and a body that buys it", async () => {
  const { text } = await call(`${world.url}/llms.txt`);
  for (const offer of catalog.values()) {
    const [, section = ""] = text.split(`### ${offer.type}\n`);
    const [inputs = "", data = ""] = section.split("`data` of the result:");
    for (const name of namesIn(inputsSchema(offer.type))) expect(inputs).toContain(`- \`${name}\` (`);
    for (const name of namesIn(dataSchema(offer.type))) expect(data.split("\n### ")[0]).toContain(`- \`${name}\` (`);
    expect(section).toContain(`Example: \`{"pack_type":"${offer.type}","inputs":{`);
  }
});

test("every address on the agent's page leads somewhere", async () => {
  const { text } = await call(`${world.url}/llms.txt`);
  const addresses = new Set([...text.matchAll(/\]\((http[^)]+)\)/g)].map(([, address = ""]) => address));
  for (const address of addresses) expect((await call(address)).status, address).not.toBe(404);
});

test("a researcher is told whom to write to, until when, and where this stands", async () => {
  const { headers, text } = await call(`${world.url}/.well-known/security.txt`);
  expect(headers.get("content-type")).toMatch(/^text\/plain; charset=utf-8$/i);
  const fields = new Map(text.split("\n").map((line) => line.split(/: (.*)/) as [string, string]));
  expect(fields.get("Contact")).toBe(SHARED.contact);
  expect(fields.get("Canonical")).toBe(`${world.url}/.well-known/security.txt`);
  expect(fields.get("Preferred-Languages")).toBe("en");
  const left_ms = Date.parse(fields.get("Expires") ?? "") - Date.now();
  expect(left_ms).toBeGreaterThan(0);
  expect(left_ms).toBeLessThan(ONE_YEAR_MS);
});
