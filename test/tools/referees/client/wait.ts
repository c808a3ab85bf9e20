import { type ClientWorld, clientOf, expect, found, submitRun } from "./client.ts";

/** One request that is answered when the run is over. */
export async function drive(world: ClientWorld): Promise<void> {
  const client = clientOf(world.edgeUrl, world.apiKey);
  const { run_id: id } = found(await submitRun(client));
  const answer = await client.GET("/v1/runs/{id}", { params: { path: { id }, header: { Prefer: "wait=20" } } });
  const { status } = found(answer);
  expect(status === "COMPLETED", `a completed run, got ${status}`);
  const applied = answer.response.headers.get("Preference-Applied");
  expect(applied === "wait=20", `the preference to be applied, got ${String(applied)}`);
}
