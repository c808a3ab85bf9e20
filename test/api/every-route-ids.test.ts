import { expect, test } from "vitest";
import { bearer, get, pointers, problemOf, steadyHeaders } from "./client.ts";
import { operations } from "./document.ts";
import { authorized, closed, ofOwnThings, TRACE } from "./every-route.ts";
import { streamingWorld } from "./harness.ts";
import { isId, sampleOf } from "./sample.ts";
import { absentId, newThings, send } from "./send.ts";

const world = await streamingWorld();

// A key of `authorized` has every scope, admin too.
test.each(ofOwnThings)(
  "$title answers a key of every scope about another tenant's id exactly like an absent one",
  async ({ operation }) => {
    const [owner, caller] = [await authorized(world), await authorized(world)];
    const ask = async (ids: readonly string[]) => {
      const answer = await send(world.url, sampleOf(operation, ids), {
        headers: { ...TRACE, ...bearer(caller.api_key) },
      });
      const bytes = ids.reduce(
        (text, id) => text.replaceAll(id, "ID"),
        JSON.stringify([answer.text, steadyHeaders(answer)]),
      );
      return { answer, bytes };
    };
    const ids = await newThings(world, owner, operation.path);
    const absent = await ask(ids.map(absentId));
    problemOf(absent.answer, 404, "not-found");
    expect((await ask(ids)).bytes).toBe(absent.bytes);
  },
);

/** Operations that give an account its things without their ids. */
const readsOfAll = closed.filter(({ operation }) => operation.method === "GET" && !operation.parameters.some(isId));
/** Where things with an id of their own are created. */
const collections = operations
  .filter(({ method, path }) => method === "POST" && operations.some((each) => each.path === `${path}/{id}`))
  .map(({ path }) => path);

test("there is something of another tenant to see", () => {
  expect(collections).toEqual(expect.arrayContaining(["/v1/runs", "/v1/keys", "/v1/webhooks"]));
  expect(readsOfAll.length).toBeGreaterThan(6);
});

test.each(readsOfAll)("$title shows a key of every scope nothing of another tenant", async ({ operation }) => {
  const [owner, caller] = [await authorized(world), await authorized(world)];
  const theirs = [owner.tenant_id, owner.key_id];
  for (const path of collections) theirs.push(...(await newThings(world, owner, `${path}/{id}`)));
  const { path } = sampleOf(operation);
  const seen = async (api_key: string) => {
    const { text } = await get(world.url + path, api_key);
    return theirs.filter((id) => text.includes(id));
  };
  expect(await seen(caller.api_key)).toEqual([]);
  if (collections.includes(operation.path)) expect(await seen(owner.api_key)).not.toEqual([]);
});

test.each(ofOwnThings)("$title finds what is the caller's own", async ({ operation }) => {
  const owner = await authorized(world);
  const { method, path, headers, body } = sampleOf(operation, await newThings(world, owner, operation.path));
  const init = { method, headers: { ...headers, ...bearer(owner.api_key) } };
  // Some answers go on for as long as there is news: the head is enough.
  const answer = await fetch(world.url + path, body === undefined ? init : { ...init, body: JSON.stringify(body) });
  await answer.body?.cancel();
  expect([400, 401, 403, 404]).not.toContain(answer.status);
});

test.each(ofOwnThings)("$title refuses a malformed id", async ({ operation }) => {
  const { api_key } = await authorized(world);
  for (const id of ["1", "nope", "01a1fa37-24d5-77a5-b92c-ccf60137154", "%00", "'--"]) {
    for (const ids of [[id], [absentId(), id]].slice(0, operation.parameters.filter(isId).length)) {
      const answer = await send(world.url, sampleOf(operation, ids), { headers: bearer(api_key) });
      expect(pointers(problemOf(answer, 400, "invalid-request"))).toHaveLength(1);
    }
  }
});
