import { expect, test } from "vitest";
import { bearer, pointers, problemOf, steadyHeaders } from "./client.ts";
import { authorized, ofOwnThings, TRACE } from "./every-route.ts";
import { sharedWorld } from "./harness.ts";
import { isId, sampleOf } from "./sample.ts";
import { absentId, newThings, send } from "./send.ts";

const world = await sharedWorld();

test.each(ofOwnThings)("$title answers another tenant's id exactly like an absent one", async ({ operation }) => {
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

test.each(ofOwnThings)("$title refuses an id that is none", async ({ operation }) => {
  const { api_key } = await authorized(world);
  for (const id of ["1", "nope", "01a1fa37-24d5-77a5-b92c-ccf60137154", "%00", "'--"]) {
    for (const ids of [[id], [absentId(), id]].slice(0, operation.parameters.filter(isId).length)) {
      const answer = await send(world.url, sampleOf(operation, ids), { headers: bearer(api_key) });
      expect(pointers(problemOf(answer, 400, "invalid-request"))).toHaveLength(1);
    }
  }
});
