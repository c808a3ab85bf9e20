import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { Scope } from "#core/domain/plan.ts";
import { revokeKey } from "#core/store/postgres/revoke-key.ts";
import { syncTenant } from "#core/store/sync-tenant.ts";
import { type Answer, bearer, call, pointers, problemOf } from "./client.ts";
import { type Operation, operations, resolved } from "./document.ts";
import { type Account, createWorld, mistyped, newKey, type World } from "./harness.ts";
import { sampleOf } from "./sample.ts";
import { absentId, newThing, send } from "./send.ts";

let world: World;
beforeAll(async () => {
  world = await createWorld();
});
afterAll(() => world.close());

const SCOPES: readonly Scope[] = ["submit", "read", "admin"];
const TRACE = { traceparent: "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01", "X-Request-ID": "same" };
const MAX_BODY_BYTES = 256 * 1024;

const titled = (each: Operation) => ({ title: `${each.method} ${each.path}`, operation: each });
const closed = operations.filter(({ open }) => !open).map(titled);
const scoped = closed.filter(({ operation }) => operation["x-scope"] !== "any");
const withBody = closed.filter(({ operation }) => operation.requestBody?.content["application/json"] !== undefined);
const withFields = withBody.filter(({ operation }) => firstSchema(operation)["additionalProperties"] === false);
const ofOwnThings = closed.filter(({ operation }) =>
  operation.parameters.some((each) => each.in === "path" && each.schema["format"] === "uuid"),
);
const ofOneThing = ofOwnThings.filter(({ operation }) => operation.path.split("{").length === 2);

/** Every address of its own, so that no route uses up what strangers may ask from one. */
const addressOf = ({ operationId }: Operation) =>
  `198.51.${operations.findIndex((each) => each.operationId === operationId)}.7`;
const authorized = (key: Partial<{ scopes: readonly Scope[]; expires_at: Date }> = {}) =>
  world.account({ key: { scopes: SCOPES, ...key } });

function firstSchema(operation: Operation) {
  const schema = resolved(operation.requestBody?.content["application/json"]?.schema);
  const [choice = schema] = (schema["oneOf"] ?? []) as readonly unknown[];
  return resolved(choice);
}

interface Routed {
  createApp(deps: object): { readonly routes: readonly { readonly method: string; readonly path: string }[] };
}

test("the document and the app list the same routes", async () => {
  // Compiled against the types of Workers, which are not the tests' own.
  const { createApp } = (await import(new URL("../../edge/app.ts", import.meta.url).href)) as Routed;
  const served = createApp({})
    .routes.filter(({ method }) => method !== "ALL")
    .map(({ method, path }) => `${method} ${path.replaceAll(/:(\w+)/g, "{$1}")}`)
    .map((route) => (route.endsWith(" /") ? route : route.replace(/\/$/, "")));
  const described = operations.map(({ method, path }) => `${method} ${path}`);
  expect([...new Set(served)].toSorted()).toEqual(described.toSorted());
});

describe.each(closed)("$title", ({ operation }) => {
  const ask = (authorization: string | undefined): Promise<Answer> =>
    send(world.url, sampleOf(operation), {
      headers: {
        ...TRACE,
        "CF-Connecting-IP": addressOf(operation),
        ...(authorization !== undefined && { Authorization: authorization }),
      },
    });
  const revoked = async (): Promise<string> => {
    const account = await authorized();
    await ask(`Bearer ${account.api_key}`);
    await revokeKey(world.owner, account.key_id);
    await syncTenant({ db: world.owner, redis: world.redis }, account, 90);
    return account.api_key;
  };

  test("says the same words whatever is wrong with the key", async () => {
    const valid = await authorized();
    const answers = [
      await ask(undefined),
      await ask(""),
      await ask("Bearer"),
      await ask("Bearer "),
      await ask(valid.api_key),
      await ask(`Basic ${valid.api_key}`),
      await ask(`Bearer ${valid.api_key} ${valid.api_key}`),
      await ask(`Bearer ${mistyped(valid.api_key)}`),
      await ask(`Bearer ${valid.api_key.toLowerCase()}`),
      await ask(`Bearer ${newKey()}`),
      await ask(`Bearer ${(await authorized({ expires_at: new Date(Date.now() - 60_000) })).api_key}`),
      await ask(`Bearer ${await revoked()}`),
    ];
    const seen = answers.map((answer) => {
      problemOf(answer, 401, "unauthorized");
      const { traceparent: _own, date: _now, ...headers } = Object.fromEntries(answer.headers);
      return JSON.stringify([answer.text, headers]);
    });
    expect(answers[0]?.headers.get("www-authenticate")).toBe("Bearer");
    expect(new Set(seen).size).toBe(1);
  });

  test("refuses a revoked key from the next request on, though only Postgres knows", async () => {
    const account = await authorized();
    expect((await ask(`Bearer ${account.api_key}`)).status).not.toBe(401);
    await revokeKey(world.owner, account.key_id);
    problemOf(await ask(`Bearer ${account.api_key}`), 401, "unauthorized");
  });

  test("takes the scheme in any case", async () => {
    const { api_key } = await authorized();
    expect((await ask(`bEARER ${api_key}`)).status).not.toBe(401);
  });
});

test.each(scoped)("$title wants a key with its scope", async ({ operation }) => {
  const scope = operation["x-scope"];
  const { api_key } = await authorized({ scopes: SCOPES.filter((each) => each !== scope) });
  const refused = await send(world.url, sampleOf(operation), { headers: bearer(api_key) });
  expect(problemOf(refused, 403, "scope-missing").detail).toContain(`"${scope}"`);
  expect(refused.headers.has("ratelimit")).toBe(true);
  const alone = await authorized({ scopes: [scope as Scope] });
  const let_in = await send(world.url, sampleOf(operation), { headers: bearer(alone.api_key) });
  expect([401, 403]).not.toContain(let_in.status);
});

test.each(closed)("$title refuses a query parameter that it does not know", async ({ operation }) => {
  const { api_key } = await authorized();
  const answer = await send(world.url, sampleOf(operation), { headers: bearer(api_key), query: "?surprise=1" });
  expect(pointers(problemOf(answer, 400, "invalid-request"))).toEqual(["surprise"]);
});

describe.each(withBody)("the body of $title", ({ operation }) => {
  const sent = async (body: string, headers: Readonly<Record<string, string>> = {}) => {
    const { api_key } = await authorized();
    return send(world.url, sampleOf(operation), { body, headers: { ...bearer(api_key), ...headers } });
  };
  const example = () => sampleOf(operation).body as Readonly<Record<string, unknown>>;

  test("is JSON, and says so", async () => {
    const body = JSON.stringify(example());
    for (const type of ["text/plain", "application/x-www-form-urlencoded", "application/json; charset=latin1", ""]) {
      problemOf(await sent(body, { "Content-Type": type }), 415, "unsupported-media-type");
    }
    problemOf(await sent(body, { "Content-Encoding": "gzip" }), 415, "unsupported-media-type");
    expect((await sent(body, { "Content-Type": "Application/JSON; Charset=UTF-8" })).status).not.toBe(415);
  });

  test("is of a size that may be read", async () => {
    problemOf(await sent(" ".repeat(MAX_BODY_BYTES + 1)), 413, "payload-too-large");
    expect((await sent(JSON.stringify(example()).padEnd(MAX_BODY_BYTES))).status).not.toBe(413);
  });

  test("is refused where it is no JSON", async () => {
    for (const body of ["{", "nope", '{"a":1}}', "\u0000"]) problemOf(await sent(body), 400, "invalid-request");
  });
});

test.each(withFields)("the body of $title knows all its fields", async ({ operation }) => {
  const { api_key } = await authorized();
  const sample = sampleOf(operation);
  const body = { ...(sample.body as object), surprise: 1 };
  const answer = await send(world.url, { ...sample, body }, { headers: bearer(api_key) });
  expect(pointers(problemOf(answer, 400, "invalid-request"))).toEqual(["/surprise"]);
});

test.each(ofOwnThings)("$title answers another tenant's id exactly like an absent one", async ({ operation }) => {
  const [owner, caller] = [await authorized(), await authorized()];
  const ask = async (id: string, { api_key }: Account) => {
    const answer = await send(world.url, sampleOf(operation, [id]), { headers: { ...TRACE, ...bearer(api_key) } });
    const { traceparent: _own, date: _now, ...headers } = Object.fromEntries(answer.headers);
    return { answer, bytes: JSON.stringify([answer.text, headers]).replaceAll(id, "ID") };
  };
  const id = await newThing(world.url, owner, operation.path);
  const absent = await ask(absentId(), caller);
  problemOf(absent.answer, 404, "not-found");
  const told = ({ bytes }: { readonly bytes: string }) => bytes.replaceAll(/"ratelimit":"[^,]*/g, "");
  expect(told(await ask(id, caller))).toBe(told(absent));
});

test.each(ofOneThing)("$title finds what is the caller's own", async ({ operation }) => {
  const owner = await authorized();
  const { method, path, headers, body } = sampleOf(operation, [await newThing(world.url, owner, operation.path)]);
  const init = { method, headers: { ...headers, ...bearer(owner.api_key) } };
  // Some answers go on for as long as there is news: the head is enough.
  const answer = await fetch(world.url + path, body === undefined ? init : { ...init, body: JSON.stringify(body) });
  await answer.body?.cancel();
  expect([400, 401, 403, 404]).not.toContain(answer.status);
});

test.each(ofOwnThings)("$title refuses an id that is none", async ({ operation }) => {
  const { api_key } = await authorized();
  for (const id of ["1", "nope", "01a1fa37-24d5-77a5-b92c-ccf60137154", "%00", "'--"]) {
    problemOf(await send(world.url, sampleOf(operation, [id]), { headers: bearer(api_key) }), 400, "invalid-request");
  }
});

const paths = [...new Set(operations.map(({ path }) => path))].map((path) => {
  const mine = operations.filter((each) => each.path === path);
  return { path, sample: sampleOf(mine[0] as Operation).path, methods: mine.map(({ method }) => method) };
});

test.each(paths)("$path takes its methods and says so to others", async ({ sample, methods }) => {
  const allowed = methods.flatMap((method) => (method === "GET" ? ["GET", "HEAD"] : [method]));
  for (const method of ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"]) {
    if (allowed.includes(method)) continue;
    const answer = await call(world.url + sample, { method });
    if (method !== "HEAD") problemOf(answer, 405, "method-not-allowed");
    expect(answer.status, method).toBe(405);
    expect(answer.headers.get("allow")?.split(", ").toSorted()).toEqual(allowed.toSorted());
  }
});

test.each(paths)("$path bears an id, a trace and safe headers, whatever it answers", async ({ sample }) => {
  const { headers } = await call(world.url + sample);
  expect(headers.get("x-request-id")).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-/);
  expect(headers.get("traceparent")).toMatch(/^00-[0-9a-f]{32}-[0-9a-f]{16}-01$/);
  expect(Object.fromEntries(headers)).toMatchObject({
    "x-content-type-options": "nosniff",
    "referrer-policy": "no-referrer",
    "content-security-policy": expect.stringMatching(
      /^default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'/,
    ),
    "cache-control": expect.stringMatching(/^(no-store|public, max-age=300)$/),
  });
});
