import { expect, test } from "vitest";
import { acceptedRun, bearer, call, get, newIdempotencyKey, problemOf, work } from "./client.ts";
import { sharedWorld } from "./harness.ts";

const world = await sharedWorld();

test.each(["/health", "/problems", "/problems/not-found", "/openapi.json", "/llms.txt"])(
  "%s/ is the same page",
  async (path) => {
    const [plain, slashed] = [await call(world.url + path), await call(`${world.url}${path}/`)];
    expect([slashed.status, slashed.text]).toEqual([200, plain.text]);
  },
);

test("a submit with a slash after its path keeps its method and body, and the run is found with one", async () => {
  const account = await world.account();
  const answer = await call(`${world.url}/v1/runs/`, {
    method: "POST",
    headers: { ...bearer(account.api_key), "Content-Type": "application/json", "Idempotency-Key": newIdempotencyKey() },
    body: JSON.stringify(work()),
  });
  const { run_id } = acceptedRun(answer);
  const own = await get(`${world.url}/v1/runs/${run_id}/`, account.api_key);
  expect([own.status, own.body]).toMatchObject([200, { run_id }]);
  const other = await world.account();
  problemOf(await get(`${world.url}/v1/runs/${run_id}/`, other.api_key), 404, "not-found");
});

test("a method that a path does not take is refused with a slash, too", async () => {
  const answer = await call(`${world.url}/health/`, { method: "DELETE" });
  problemOf(answer, 405, "method-not-allowed");
  expect(answer.headers.get("allow")).toBe("GET, HEAD, OPTIONS");
});
