import { type ClientWorld, clientOf, expect, found, runWhenOver, submitRun } from "./client.ts";

const hex = (bytes: ArrayBuffer) =>
  [...new Uint8Array(bytes)].map((byte) => byte.toString(16).padStart(2, "0")).join("");

/** Submit, repeat, follow, download and verify, cancel, and read the budget. */
export async function drive(world: ClientWorld): Promise<void> {
  const client = clientOf(world.edgeUrl, world.apiKey);
  const key = crypto.randomUUID();
  const accepted = found(await submitRun(client, key));
  const replay = await submitRun(client, key);
  expect(found(replay).run_id === accepted.run_id, "the same run for the same request");
  expect(replay.response.headers.get("Idempotency-Replayed") === "true", "a replay that says so");

  const run = await runWhenOver(client, accepted.run_id, 1_000);
  expect(run.status === "COMPLETED" && run.result !== null, `a completed run, got ${run.status}`);
  expect(run.cost.actual_usd === "0.0110", `0.0110 USD for two cells, got ${String(run.cost.actual_usd)}`);

  const result = found(await client.GET("/v1/runs/{id}/result", { params: { path: { id: run.run_id } } }));
  const bytes = await (await fetch(result.url)).arrayBuffer();
  expect(bytes.byteLength === result.size_bytes, `${result.size_bytes} bytes, got ${bytes.byteLength}`);
  expect(hex(await crypto.subtle.digest("SHA-256", bytes)) === result.sha256, "the digest of what was downloaded");

  const over = await client.POST("/v1/runs/{id}/cancel", { params: { path: { id: run.run_id } } });
  expect(over.error?.status === 409, `409 for a run that is over, got ${over.response.status}`);
  const another = found(await submitRun(client));
  const canceled = await client.POST("/v1/runs/{id}/cancel", { params: { path: { id: another.run_id } } });
  expect([200, 202, 409].includes(canceled.response.status), `an answer to a cancel, got ${canceled.response.status}`);
  await runWhenOver(client, another.run_id, 1_000);

  const budget = found(await client.GET("/v1/budget"));
  const sum = [budget.charged_usd, budget.reserved_usd, budget.available_usd].reduce(
    (all, each) => all + Number(each),
    0,
  );
  expect(Math.abs(sum - Number(budget.granted_usd)) < 1e-6, "granted = charged + reserved + available");
}
