import { randomInt } from "node:crypto";
import fc from "fast-check";
import { afterAll, beforeAll, expect, test } from "vitest";
import { PROBLEMS } from "#core/domain/problem.ts";
import { catalog } from "#core/domain/packs/catalog.ts";
import { operations } from "./document.ts";
import { acceptedRun, bearer, post } from "./client.ts";
import { complete, fail } from "./finish.ts";
import { checkExchange, type Exchange } from "./fuzz/check-exchange.ts";
import { checkMcp } from "./fuzz/check-mcp.ts";
import { KNOWN_RUN } from "./fuzz/mcp-messages.ts";
import { KNOWN_TAG, PAGE, type Plan, plans } from "./fuzz/requests.ts";
import type { Account } from "../dev/add-tenant.ts";
import { createWorld, type World } from "./harness.ts";
import { isId } from "./sample.ts";
import { newThings } from "./send.ts";
import { storedResult } from "./stored-result.ts";

/** CI sends 20,000. */
const REQUESTS = Number(process.env["FUZZ_REQUESTS"] ?? 1_000);
const SEED = Number(process.env["FUZZ_SEED"] ?? randomInt(2 ** 31));
const LANES = 8;
const MOST_SHOWN = 5;
/** A key may send so many bodies that do not fit before it is held back, and what is held back tells nothing. */
const REQUESTS_PER_KEY = 150;
const THINGS = 4;
const MOST_THINGS = 40;
/** The entity tag that each address had last. */
const tags = new Map<string, string>();
const PATIENCE_MS = 20_000;

let world: World;
let keys: readonly Account[] = [];
/** What is there, by what stands before the last id in its path: all the ids of that path. */
const things = new Map<string, (readonly string[])[]>([
  ["/v1/packs", [...catalog.keys()].map((type) => [type])],
  ["/problems", Object.keys(PROBLEMS).map((slug) => [slug])],
]);

function keep(place: string, ids: readonly string[]): void {
  things.set(place, [...(things.get(place) ?? []), ids].slice(-MOST_THINGS));
}

beforeAll(async () => {
  world = await createWorld({ bindings: { DPP_CORS_ORIGINS: PAGE } });
  const key = { scopes: ["submit", "read", "admin"] as const };
  const wanted = { funds: 10_000_000_000, plan: { max_open_runs: 5_000, pack_types: [...catalog.keys()] }, key };
  const owners = [await world.account(wanted), await world.account(wanted)];
  const more = Math.ceil(REQUESTS / REQUESTS_PER_KEY);
  const others = Array.from({ length: more }, (_, at) => world.key(owners[at % 2]?.tenant_id ?? "", key));
  keys = [...owners, ...(await Promise.all(others))];
  for (const { path, parameters } of operations) {
    const place = placeOf(path);
    if (!parameters.some(isId) || things.has(place)) continue;
    const made = Array.from({ length: THINGS }, (_, at) => newThings(world, owners[at % 2] as Account, path));
    for (const ids of await Promise.all(made)) keep(place, ids);
  }
  for (const owner of owners) await finishRuns(owner);
});
afterAll(() => world.close());

const placeOf = (path: string): string => path.slice(0, Math.max(path.lastIndexOf("/{"), 0));

/** Runs that ended well and badly, which nothing that is sent here does. */
async function finishRuns({ api_key }: Account): Promise<void> {
  const submitted = async () => acceptedRun(await post({ url: world.url, api_key })).run_id;
  const [completed, failed] = [await submitted(), await submitted()];
  await complete(world.backend, completed, storedResult(completed), 500_000);
  await fail(world.backend, failed);
  for (const run_id of [completed, failed]) keep("/v1/runs", [run_id]);
}

function addressOf({ operation, ids, query, slash }: Plan): string {
  const known = ids.findLast((id) => "known" in id)?.known ?? 0;
  const there = things.get(placeOf(operation.path)) ?? [];
  const thing = there[known % there.length] ?? [];
  let at = 0;
  const path = operation.path.replaceAll(/\{\w+\}/g, () => {
    const id = ids[at] ?? { text: "" };
    const text = "text" in id ? id.text : (thing[at] ?? String(id.known));
    at += 1;
    return encodeURIComponent(text);
  });
  const end = slash && !path.endsWith("/") ? "/" : "";
  return `${world.url}${path}${end}${query.length === 0 ? "" : `?${new URLSearchParams(query.map((pair) => [...pair]))}`}`;
}

function requestOf(plan: Plan): Request {
  const runs = things.get("/v1/runs") ?? [];
  const inPlace = (text: string) =>
    text.replaceAll(KNOWN_RUN, (whole, place: string) => runs[Number(place) % runs.length]?.[0] ?? whole);
  const address = addressOf(plan);
  const headers = new Headers(plan.headers.map(([name, text]) => [name, inPlace(text)]));
  if (headers.get("If-None-Match") === KNOWN_TAG) headers.set("If-None-Match", tags.get(address) ?? '"none"');
  headers.set("CF-Connecting-IP", plan.address);
  const { authorization } = plan;
  if (typeof authorization === "string") headers.set("Authorization", authorization);
  const key = typeof authorization === "number" ? keys[authorization % keys.length] : undefined;
  if (key !== undefined) headers.set("Authorization", bearer(key.api_key).Authorization);
  const bare = ["GET", "HEAD"].includes(plan.method) || plan.body === undefined;
  const body = bare ? {} : { body: new TextEncoder().encode(inPlace(plan.body)) };
  return new Request(address, { method: plan.method, headers, redirect: "manual", ...body });
}

async function exchange(request: Request): Promise<Exchange> {
  const response = await fetch(request, { signal: AbortSignal.timeout(PATIENCE_MS) });
  const { status, headers } = response;
  const tag = headers.get("etag");
  if (tag !== null) tags.set(request.url, tag);
  // What was made may be asked for from now on.
  const [, place, id] = /^(\/v1\/\w+)\/([^/]+)$/.exec(headers.get("location") ?? "") ?? [];
  if (place !== undefined && id !== undefined) keep(place, [id]);
  // A stream of events ends when its run does.
  const endless = /event-stream/.test(headers.get("content-type") ?? "");
  if (endless) await response.body?.cancel();
  return { method: request.method, status, headers, text: endless ? undefined : await response.text() };
}

const shown = (plan: Plan, request: Request, faults: readonly string[]) =>
  `${request.method} ${request.url}\n  ${JSON.stringify(plan.headers)}\n  ${plan.body?.slice(0, 2_000)}\n  -> ${faults.join("; ")}`;

test("whatever is sent, the answer is one that the document describes", { timeout: 900_000 }, async () => {
  console.log(`FUZZ_SEED=${SEED} FUZZ_REQUESTS=${REQUESTS}`);
  const waiting = fc.sample(plans, { numRuns: REQUESTS, seed: SEED }).values();
  const wrong: string[] = [];
  const seen = new Map<string, number>();
  const began = Date.now();
  const lane = async () => {
    for (const plan of waiting) {
      const request = requestOf(plan);
      const answer = await exchange(request);
      const what = `${plan.operation.operationId} ${answer.status}`;
      seen.set(what, (seen.get(what) ?? 0) + 1);
      const { operationId } = plan.operation;
      const faults = [
        ...checkExchange(plan.operation, answer),
        ...(operationId === "mcp" ? checkMcp(plan.body, answer) : []),
      ];
      if (faults.length > 0) wrong.push(shown(plan, request, faults));
    }
  };
  await Promise.all(Array.from({ length: LANES }, lane));
  const seconds = (Date.now() - began) / 1_000;
  console.log(`${REQUESTS} requests in ${seconds.toFixed(1)} s, ${Math.round(REQUESTS / seconds)} per second`);
  console.log(
    [...seen]
      .map(([what, times]) => `${what}: ${times}`)
      .toSorted()
      .join(", "),
  );
  const first = wrong.slice(0, MOST_SHOWN).join("\n");
  // The message holds them whole: a runner cuts the two values that it compares.
  expect(wrong.length, `FUZZ_SEED=${SEED} FUZZ_REQUESTS=${REQUESTS}\n${first}\n`).toBe(0);
});
