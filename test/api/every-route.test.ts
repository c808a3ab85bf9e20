import { describe, expect, test } from "vitest";
import type { Scope } from "#core/domain/plan.ts";
import { revokeKey } from "#core/store/keys/revoke-key.ts";
import { syncTenant } from "#core/store/sync-tenant.ts";
import { type ApiResponse, bearer, call, problemOf } from "./client.ts";
import { type Operation, operations } from "./document.ts";
import { authorized, closed, faultyIn, scoped, SCOPES, TRACE } from "./every-route.ts";
import { newKey } from "../dev/add-tenant.ts";
import { mistyped, sharedWorld } from "./harness.ts";
import { sampleOf } from "./sample.ts";
import { send } from "./send.ts";

const world = await sharedWorld();

/** Every address of its own, so that no route uses up what strangers may ask from one. */
const addressOf = ({ operationId }: Operation) =>
  `198.51.${operations.findIndex((each) => each.operationId === operationId)}.7`;

describe.each(closed)("$title", ({ operation }) => {
  const ask = (authorization: string | undefined): Promise<ApiResponse> =>
    send(world.url, sampleOf(operation), {
      headers: {
        ...TRACE,
        "CF-Connecting-IP": addressOf(operation),
        ...(authorization !== undefined && { Authorization: authorization }),
      },
    });
  const revoked = async (): Promise<string> => {
    const account = await authorized(world);
    await ask(`Bearer ${account.api_key}`);
    await revokeKey(world.owner, account.key_id);
    await syncTenant({ db: world.owner, redis: world.redis }, account, 90);
    return account.api_key;
  };

  test("says the same words whatever is wrong with the key", async () => {
    const valid = await authorized(world);
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
      await ask(`Bearer ${(await authorized(world, { expires_at: new Date(Date.now() - 60_000) })).api_key}`),
      await ask(`Bearer ${await revoked()}`),
    ];
    const seen = answers.map((answer) => {
      problemOf(answer, 401, "unauthorized");
      const {
        traceparent: _own,
        date: _now,
        "www-authenticate": _challenge,
        ...headers
      } = Object.fromEntries(answer.headers);
      return JSON.stringify([answer.text, headers]);
    });
    expect(new Set(seen).size).toBe(1);
    const challenges = answers.map((answer) => answer.headers.get("www-authenticate"));
    // RFC 6750, 3.1: an error is only said of a token that was sent.
    const [none, invalid] = ['Bearer realm="decisionproof"', 'Bearer realm="decisionproof", error="invalid_token"'];
    expect(challenges).toEqual([...Array.from({ length: 6 }, () => none), ...Array.from({ length: 6 }, () => invalid)]);
  });

  test("refuses a revoked key from the next request on, though only Postgres knows", async () => {
    const account = await authorized(world);
    expect((await ask(`Bearer ${account.api_key}`)).status).not.toBe(401);
    await revokeKey(world.owner, account.key_id);
    problemOf(await ask(`Bearer ${account.api_key}`), 401, "unauthorized");
  });

  test("takes the scheme in any case", async () => {
    const { api_key } = await authorized(world);
    expect((await ask(`bEARER ${api_key}`)).status).not.toBe(401);
  });
});

test.each(scoped)("$title wants a key with its scope", async ({ operation }) => {
  const scope = operation["x-scope"];
  const { api_key } = await authorized(world, { scopes: SCOPES.filter((each) => each !== scope) });
  const refused = await send(world.url, sampleOf(operation), { headers: bearer(api_key) });
  expect(problemOf(refused, 403, "scope-missing").detail).toContain(`"${scope}"`);
  expect(refused.headers.get("www-authenticate")).toBe(
    `Bearer realm="decisionproof", error="insufficient_scope", scope="${scope}"`,
  );
  expect(refused.headers.has("ratelimit")).toBe(true);
  const alone = await authorized(world, { scopes: [scope as Scope] });
  const let_in = await send(world.url, sampleOf(operation), { headers: bearer(alone.api_key) });
  expect(let_in.status).not.toBe(401);
  // The example may ask for more than this key may do, which is another matter.
  expect(let_in.text).not.toContain("/problems/scope-missing");
});

test.each(scoped)("$title refuses a revoked key that lacks its scope too", async ({ operation }) => {
  const account = await authorized(world, { scopes: SCOPES.filter((each) => each !== operation["x-scope"]) });
  const ask = () => send(world.url, sampleOf(operation), { headers: bearer(account.api_key) });
  problemOf(await ask(), 403, "scope-missing");
  await revokeKey(world.owner, account.key_id);
  problemOf(await ask(), 401, "unauthorized");
});

test.each(closed)("$title refuses a query parameter that it does not know", async ({ operation }) => {
  const { api_key } = await authorized(world);
  const answer = await send(world.url, sampleOf(operation), { headers: bearer(api_key), query: "?surprise=1" });
  expect(faultyIn(operation, answer)).toEqual(["surprise"]);
});

const paths = [...new Set(operations.map(({ path }) => path))].map((path) => {
  const mine = operations.filter((each) => each.path === path);
  return { path, sample: sampleOf(mine[0] as Operation).path, methods: mine.map(({ method }) => method) };
});

test.each(paths)("$path takes its methods and says so to others", async ({ sample, methods }) => {
  const allowed = [...methods.flatMap((method) => (method === "GET" ? ["GET", "HEAD"] : [method])), "OPTIONS"];
  const { status, text, headers } = await call(world.url + sample, { method: "OPTIONS" });
  expect([status, text, headers.get("allow")?.split(", ").toSorted()]).toEqual([204, "", allowed.toSorted()]);
  for (const method of ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE"]) {
    if (allowed.includes(method)) continue;
    const answer = await call(world.url + sample, { method });
    if (method !== "HEAD") problemOf(answer, 405, "method-not-allowed");
    expect(answer.status, method).toBe(405);
    expect(answer.headers.get("allow")?.split(", ").toSorted()).toEqual(allowed.toSorted());
  }
});

test.each(paths)("$path may end with a slash", async ({ path, sample, methods: [method = ""] }) => {
  const slashed = path.endsWith("/") ? sample : `${sample}/`;
  const [without, withOne] = [await call(world.url + sample, { method }), await call(world.url + slashed, { method })];
  expect([withOne.status, withOne.headers.get("content-type")]).toEqual([
    without.status,
    without.headers.get("content-type"),
  ]);
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
