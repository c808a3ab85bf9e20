import { beforeAll, expect, test } from "vitest";
import type { ProblemSlug } from "#core/domain/problem.ts";
import { type ApiResponse, call, cancelRun, get, pointers, post, problemOf, work } from "./client.ts";
import type { Account } from "../dev/add-tenant.ts";
import { sharedWorld } from "./harness.ts";

const world = await sharedWorld();
const logged_before = world.logs.length;
let account: Account;
beforeAll(async () => {
  account = await world.account();
  await get(`${world.url}/v1/budget`, account.api_key);
});

const submit = (change: Partial<Parameters<typeof post>[0]>) =>
  post({ url: world.url, api_key: account.api_key, ...change });

/** Asks for something that is refused without Postgres; the shield alone says who asks, and where it stands. */
async function refused(ask: () => Promise<ApiResponse>, status: number, slug: ProblemSlug) {
  const before = world.roundTrips();
  const answer = await ask();
  const document = problemOf(answer, status, slug);
  expect(world.roundTrips()).toEqual({ ...before, redis: before.redis + 1 });
  expect(answer.headers.get("ratelimit")).toMatch(/^"read";r=\d+;t=\d+$/);
  expect(answer.headers.get("ratelimit-policy")).toBe('"read";q=10000;w=1');
  expect(await world.owner.query("SELECT FROM runs WHERE tenant_id = $1", [account.tenant_id])).toEqual([]);
  return document;
}

const nested = (levels: number): unknown => JSON.parse("[".repeat(levels) + "]".repeat(levels));
const pairs = (count: number) => Object.fromEntries(Array.from({ length: count }, (_, index) => [`name${index}`, "x"]));

test.each<[string, Record<string, unknown>, string]>([
  ["an unknown field", { surprise: 1 }, "/surprise"],
  ["a webhook that is no text", { webhook: 7 }, "/webhook"],
  ["a webhook that is no URL", { webhook: "example.com" }, "/webhook"],
  ["a webhook without TLS", { webhook: "http://example.com/" }, "/webhook"],
  ["a webhook to a private address", { webhook: "https://169.254.169.254/" }, "/webhook"],
  ["a webhook to a private address in one number", { webhook: "https://2130706433/" }, "/webhook"],
  ["a webhook to a port that is not the web's", { webhook: "https://example.com:6379/" }, "/webhook"],
  ["a webhook with a user name", { webhook: "https://user@example.com/" }, "/webhook"],
  ["a webhook with a fragment", { webhook: "https://example.com/#part" }, "/webhook"],
  ["a webhook too long", { webhook: `https://example.com/${"x".repeat(2_048)}` }, "/webhook"],
  ["a field named __proto__", JSON.parse('{"__proto__": {"a": 1}}') as Record<string, unknown>, "/__proto__"],
  ["no pack type", { pack_type: undefined }, "/pack_type"],
  ["a pack type of the wrong type", { pack_type: 7 }, "/pack_type"],
  ["a pack that nobody knows", { pack_type: "alchemy" }, "/pack_type"],
  ["no inputs", { inputs: undefined }, "/inputs"],
  ["inputs of the wrong type", { inputs: "words" }, "/inputs"],
  ["an unknown input", { inputs: { question: "Which?", answer: "this" } }, "/inputs/answer"],
  ["an input of the wrong type", { inputs: { question: 5 } }, "/inputs/question"],
  ["no cost", { max_cost_usd: undefined }, "/max_cost_usd"],
  ["a cost that is a number", { max_cost_usd: 5 }, "/max_cost_usd"],
  ["a negative cost", { max_cost_usd: "-1.0000" }, "/max_cost_usd"],
  ["a huge cost", { max_cost_usd: "1000000.0001" }, "/max_cost_usd"],
  ["a cost of very many digits", { max_cost_usd: "9".repeat(400) }, "/max_cost_usd"],
  ["a cost under the least", { max_cost_usd: "0.004999" }, "/max_cost_usd"],
  ["a cost of more than six places", { max_cost_usd: "1.0000001" }, "/max_cost_usd"],
  ["a cost of NaN", { max_cost_usd: "NaN" }, "/max_cost_usd"],
  ["a cost of Infinity", { max_cost_usd: "Infinity" }, "/max_cost_usd"],
  ["a cost with an exponent", { max_cost_usd: "1e3" }, "/max_cost_usd"],
  ["a cost in other digits", { max_cost_usd: "٣.0000" }, "/max_cost_usd"],
  ["a cost with white space", { max_cost_usd: " 1.0000" }, "/max_cost_usd"],
  ["an empty cost", { max_cost_usd: "" }, "/max_cost_usd"],
  ["a timebox of nothing", { timebox_sec: 0 }, "/timebox_sec"],
  ["a timebox too long", { timebox_sec: 901 }, "/timebox_sec"],
  ["a timebox of half a second", { timebox_sec: 0.5 }, "/timebox_sec"],
  ["a timebox in words", { timebox_sec: "90" }, "/timebox_sec"],
  ["a reliability above one", { min_reliability_score: 1.01 }, "/min_reliability_score"],
  ["a reliability of null", { min_reliability_score: null }, "/min_reliability_score"],
  ["metadata of 17 pairs", { metadata: pairs(17) }, "/metadata"],
  ["a metadata value that is no string", { metadata: { a: 1 } }, "/metadata/a"],
  ["a metadata value too long", { metadata: { a: "x".repeat(513) } }, "/metadata/a"],
  ["a metadata key with a slash and a tilde", { metadata: { "a/b~c": 1 } }, "/metadata/a~1b~0c"],
  ["a NUL character", { inputs: { question: "a\0b" } }, "/inputs/question"],
  ["a NUL character in a name", { metadata: { "a\0b": "x" } }, "/metadata/a\0b"],
  ["a lone surrogate", { metadata: { a: "\ud800" } }, "/metadata/a"],
  ["33 levels", { inputs: { question: nested(31) } }, `/inputs/question${"/0".repeat(30)}`],
])("%s is a 400 that says where", async (_what, change, pointer) => {
  const document = await refused(() => submit({ body: work(change) }), 400, "invalid-request");
  expect(pointers(document)).toContain(pointer);
});

test.each<[string, string | Blob]>([
  ["an empty body", ""],
  ["half a body", '{"pack_type":'],
  ["a body that is no JSON", "pack_type=decision"],
  ["bytes that are no UTF-8", new Blob([new Uint8Array([0x22, 0xff, 0xfe, 0x22])])],
  ["an array", "[]"],
  ["null", "null"],
  ["a bare NaN", '{"max_cost_usd": NaN}'],
  ["very many brackets", "[".repeat(200_000)],
  ["very many levels", "[".repeat(100_000) + "]".repeat(100_000)],
  ["a number beyond every double", JSON.stringify(work()).replace('"1.0000"', "1e999")],
])("%s is a 400", async (_what, body) => {
  const document = await refused(() => submit({ body }), 400, "invalid-request");
  expect(document.errors?.length).toBeGreaterThan(0);
});

test("every fault is told at once, and never more than twenty", async () => {
  const body = work({ max_cost_usd: 1, timebox_sec: -1, metadata: { a: 1 }, zebra: true });
  const document = await refused(() => submit({ body }), 400, "invalid-request");
  expect(pointers(document).toSorted()).toEqual(["/max_cost_usd", "/metadata/a", "/timebox_sec", "/zebra"]);
  const many = work(Object.fromEntries(Array.from({ length: 500 }, (_, index) => [`zebra${index}`, 1])));
  expect((await refused(() => submit({ body: many }), 400, "invalid-request")).errors).toHaveLength(20);
});

test("a fault deep in a very long name is told in few words", async () => {
  const body = work({ metadata: { ["x".repeat(100_000)]: 1 } });
  const document = await refused(() => submit({ body }), 400, "invalid-request");
  expect(JSON.stringify(document).length).toBeLessThan(2_000);
});

test("a cost that is a number is told to be sent as a string", async () => {
  const document = await refused(() => submit({ body: work({ max_cost_usd: 5 }) }), 400, "invalid-request");
  expect(document.errors?.[0]?.detail).toContain('"5.0000"');
});

test.each([
  [{ max_cost_usd: undefined }, "is required, as a decimal string"],
  [{ pack_type: "url", inputs: {} }, "is required"],
])("what is missing from %j is said to be required", async (change, words) => {
  const document = await refused(() => submit({ body: work(change) }), 400, "invalid-request");
  expect(document.errors?.[0]?.detail).toMatch(new RegExp(`^${words}`));
});

test("the detail tells the first fault, and how many there are", async () => {
  const one = await refused(() => submit({ body: work({ timebox_sec: "90" }) }), 400, "invalid-request");
  expect(one.detail).toMatch(/^Invalid body: \/timebox_sec: .*[^)]\.$/);
  const two = await refused(() => submit({ body: work({ max_cost_usd: 5, zebra: 1 }) }), 400, "invalid-request");
  expect(two.detail).toBe(
    'Invalid body: /max_cost_usd: must be a decimal string such as "5.0000", in quotes (first of 2 errors in `errors`).',
  );
});

test.each([
  ["none", undefined],
  ["too short", "1234567"],
  ["too long", "x".repeat(65)],
  ["not ASCII", "ключ-ключ"],
  ["with a tab", "abcd\tefgh"],
])("an Idempotency-Key that is %s is a 400", async (_what, key) => {
  const headers = new Headers({ Authorization: `Bearer ${account.api_key}`, "Content-Type": "application/json" });
  if (key !== undefined) headers.set("Idempotency-Key", Buffer.from(key).toString("latin1"));
  const ask = () => call(`${world.url}/v1/runs`, { method: "POST", headers, body: JSON.stringify(work()) });
  expect(pointers(await refused(ask, 400, "invalid-idempotency-key"))).toEqual(["Idempotency-Key"]);
});

test.each([
  ["text/plain", {}],
  ["", {}],
  ["application/json; charset=latin1", {}],
  ["application/jsonp", {}],
  ["multipart/form-data", {}],
  ["application/json", { "Content-Encoding": "gzip" }],
])("a body of type %j is a 415", async (type, more) => {
  await refused(() => submit({ headers: { "Content-Type": type, ...more } }), 415, "unsupported-media-type");
});

test.each(["application/json", "Application/JSON; charset=UTF-8", 'application/json;charset="utf-8"'])(
  "a body of type %s is read",
  async (type) => {
    const answer = await submit({ headers: { "Content-Type": type }, body: work({ zebra: 1 }) });
    problemOf(answer, 400, "invalid-request");
  },
);

test("a body over 256 KiB is a 413, whether its length is told or not", async () => {
  const body = JSON.stringify(work({ metadata: { a: "x".repeat(256 * 1024) } }));
  await refused(() => submit({ body }), 413, "payload-too-large");
  const streamed = () =>
    call(`${world.url}/v1/runs`, {
      method: "POST",
      headers: {
        Authorization: `Bearer ${account.api_key}`,
        "Content-Type": "application/json",
        "Idempotency-Key": "some-key-1",
      },
      body: new Blob([body]).stream(),
      duplex: "half",
    } as RequestInit);
  await refused(streamed, 413, "payload-too-large");
});

test("a body of exactly 256 KiB is read", async () => {
  const body = JSON.stringify(work({ zebra: 1 }));
  problemOf(await submit({ body: body.padEnd(256 * 1024, " ") }), 400, "invalid-request");
  problemOf(await submit({ body: body.padEnd(256 * 1024 + 1, " ") }), 413, "payload-too-large");
});

test.each(["1", "not-a-uuid", "%00", "01a1fa37-24d5-77a5-b92c-ccf60137154", "01a1fa37-24d5-77a5-b92c-ccf601371541x"])(
  "the run id %s is a 400 on every route that takes one",
  async (id) => {
    for (const path of [`/v1/runs/${id}`, `/v1/runs/${id}/result`, `/v1/runs/${id}/output`]) {
      const document = await refused(() => get(world.url + path, account.api_key), 400, "invalid-request");
      expect(pointers(document)).toEqual(["id"]);
    }
    const cancel = () => cancelRun(`${world.url}/v1/runs/${id}`, account.api_key);
    const document = await refused(cancel, 400, "invalid-request");
    expect(pointers(document)).toEqual(["id"]);
  },
);

test.each(["include=all", "include=", "include=inputs,all", "include[x]=output"])(
  "include names parts of a run: %s is a 400",
  async (query) => {
    const path = `/v1/runs/01a1fa37-24d5-77a5-b92c-ccf601371541?${query}`;
    const document = await refused(() => get(world.url + path, account.api_key), 400, "invalid-request");
    expect(pointers(document)).toEqual(["include"]);
  },
);

test("nothing of what was refused is in the log", () => {
  expect(world.logs.slice(logged_before).filter((line) => line.includes('"error"'))).toEqual([]);
});
