import { afterEach, expect, test } from "vitest";
import { turnSwitch } from "../../backend/cli/operations/operator-switch.ts";
import type { Operator } from "../../backend/cli/operator.ts";
import { acceptedRun, cancelRun, get, newIdempotencyKey, post, problemOf, work } from "./client.ts";
import { worldLentToFile } from "./harness.ts";

const world = await worldLentToFile();
afterEach(() => turn("normal"));

const turn = (mode: "normal" | "read-only" | "halt") => turnSwitch({ db: world.owner } as Operator, mode);

async function running() {
  const { api_key } = await world.account();
  const again = { url: world.url, api_key, idempotency_key: newIdempotencyKey() };
  const { run_id } = acceptedRun(await post(again));
  return { api_key, again, run_id, run_url: `${world.url}/v1/runs/${run_id}` };
}

test("in read-only the very next submit is refused, and all that exists goes on", async () => {
  const { api_key, again, run_id, run_url } = await running();
  await turn("read-only");
  const refused = await post({ url: world.url, api_key });
  problemOf(refused, 503, "read-only");
  expect(refused.headers.get("retry-after")).toBe("60");
  expect(refused.headers.has("ratelimit")).toBe(true);

  const replayed = await post(again);
  expect(acceptedRun(replayed).run_id).toBe(run_id);
  expect(replayed.headers.get("idempotency-replayed")).toBe("true");
  problemOf(await post({ ...again, body: work({ timebox_sec: 1 }) }), 409, "idempotency-conflict");
  for (const path of [run_url, `${world.url}/v1/budget`]) expect((await get(path, api_key)).status).toBe(200);
  expect((await cancelRun(run_url, api_key)).status).toBe(200);
});

test("in halt nothing changes, and everything can be read", async () => {
  const { api_key, again, run_url } = await running();
  await turn("halt");
  for (const answer of [
    await post({ url: world.url, api_key }),
    await post(again),
    await cancelRun(run_url, api_key),
  ]) {
    problemOf(answer, 503, "read-only");
    expect(answer.headers.get("retry-after")).toBe("60");
  }
  expect(await get(run_url, api_key)).toMatchObject({ status: 200, body: { status: "QUEUED" } });
  expect((await get(`${world.url}/v1/budget`, api_key)).body).toMatchObject({ open_runs: 1 });
});

test("back in normal the same request is taken at once", async () => {
  const { api_key } = await running();
  await turn("halt");
  const again = { url: world.url, api_key, idempotency_key: newIdempotencyKey() };
  problemOf(await post(again), 503, "read-only");
  await turn("normal");
  const taken = await post(again);
  acceptedRun(taken);
  expect(taken.headers.has("idempotency-replayed")).toBe(false);
});
