import { describe, expect, test } from "vitest";
import { z } from "zod";
import type { Account } from "../dev/add-tenant.ts";
import { eventually } from "../support/eventually.ts";
import { badQueries } from "./bad-values.ts";
import { acceptedRun, bearer, call, cancelRun, get, pointers, post, problemOf } from "./client.ts";
import { type Operation, operations } from "./document.ts";
import { authorized, closed } from "./every-route.ts";
import { sharedWorld } from "./harness.ts";
import { isId, sampleOf } from "./sample.ts";
import { fanOutAll, newThings, send } from "./send.ts";

const world = await sharedWorld();

const queried = closed.flatMap(({ title, operation }) =>
  operation.parameters
    .filter((parameter) => parameter.in === "query")
    .map((parameter) => ({ title, name: parameter.name, operation, parameter })),
);

test.each(queried)(
  "$title refuses what is no $name, by name and without Postgres",
  async ({ operation, parameter }) => {
    const owner = await authorized(world);
    const url = world.url + sampleOf(operation).path;
    await get(`${world.url}/v1/budget`, owner.api_key);
    for (const query of badQueries(parameter)) {
      const before = world.roundTrips();
      const answer = await get(`${url}?${query}`, owner.api_key);
      expect(pointers(problemOf(answer, 400, "invalid-request")), query).toEqual([parameter.name]);
      expect(answer.headers.has("ratelimit"), query).toBe(true);
      expect(world.roundTrips(), query).toEqual({ ...before, redis: before.redis + 1 });
    }
  },
);

const paged = closed.filter(({ operation }) =>
  ["limit", "cursor"].every((name) => operation.parameters.some((each) => each.name === name)),
);
const THINGS = 3;

/** The address of an operation for this account, with things of its own in the path. */
async function addressOf(owner: Account, operation: Operation): Promise<string> {
  const ids = operation.parameters.some(isId) ? await newThings(world, owner, operation.path) : [];
  return world.url + sampleOf(operation, ids).path;
}

const page = z.looseObject({ next_cursor: z.string().nullable() });
const listed = (body: unknown) => {
  const { next_cursor, ...lists } = page.parse(body);
  return { next_cursor, things: z.array(z.unknown()).parse(Object.values(lists).find(Array.isArray)) };
};

/** Several of whatever lists show: what is made where the list is, runs, what they cost, and what webhooks are told of them. */
async function makeThings(owner: Account, { path }: Operation, url: string) {
  const create = operations.find((each) => each.path === path && each.method === "POST");
  for (let count = 0; count < THINGS; count++) {
    if (create !== undefined) await send(world.url, sampleOf(create), { headers: bearer(owner.api_key) });
    const { run_id } = acceptedRun(await post({ url: world.url, api_key: owner.api_key }));
    await cancelRun(`${world.url}/v1/runs/${run_id}`, owner.api_key);
  }
  // Another round may hold an event at this moment.
  return eventually(async () => {
    await fanOutAll(world.backend);
    const whole = listed((await get(url, owner.api_key)).body);
    expect(whole.things.length).toBeGreaterThanOrEqual(THINGS);
    return whole;
  });
}

/** The ids of a thing that belong to its account. */
const idsIn = (thing: unknown): readonly string[] =>
  Object.entries(z.record(z.string(), z.unknown()).parse(thing)).flatMap(([name, value]) =>
    /^(id|\w+_id)$/.test(name) && typeof value === "string" && value.length > 30 ? [value] : [],
  );

describe.each(paged)("$title", ({ operation }) => {
  test("shows the same in pages of one as in one page, and says in a header too where the next one is", async () => {
    const owner = await authorized(world);
    const url = await addressOf(owner, operation);
    const whole = await makeThings(owner, operation, url);
    expect(whole.next_cursor).toBeNull();
    const seen: unknown[] = [];
    let next: string | null = `${url}?limit=1`;
    while (next !== null && seen.length <= whole.things.length) {
      const answer = await get(next, owner.api_key);
      const { things, next_cursor } = listed(answer.body);
      expect(things).toHaveLength(1);
      seen.push(...things);
      const head = await call(next, { method: "HEAD", headers: bearer(owner.api_key) });
      next = next_cursor === null ? null : `${url}?limit=1&cursor=${next_cursor}`;
      const link = next === null ? null : `<${next.slice(world.url.length)}>; rel="next"`;
      expect([answer.headers.get("link"), head.headers.get("link")]).toEqual([link, link]);
      expect([head.status, head.text]).toEqual([200, ""]);
    }
    expect(seen).toEqual(whole.things);
  });

  test("shows nothing of another account, nor by its cursor", async () => {
    const [owner, stranger] = [await authorized(world), await authorized(world)];
    const url = await addressOf(owner, operation);
    await makeThings(owner, operation, url);
    const { next_cursor, things } = listed((await get(`${url}?limit=1`, owner.api_key)).body);
    for (const query of ["", `?cursor=${next_cursor ?? ""}`]) {
      const answer = await get(url + query, stranger.api_key);
      if (operation.parameters.some(isId)) problemOf(answer, 404, "not-found");
      // Where a cursor names a thing, another account's is like one that is gone.
      else if (answer.status !== 200) expect(pointers(problemOf(answer, 400, "invalid-request"))).toEqual(["cursor"]);
      for (const id of idsIn(things[0])) expect(answer.text).not.toContain(id);
    }
  });
});
