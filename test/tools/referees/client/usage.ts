import { type ClientWorld, clientOf, expect, found, runWhenOver, submitRun } from "./client.ts";

/** A run that ended is in the usage of its day. */
export async function drive(world: ClientWorld): Promise<void> {
  const client = clientOf(world.edgeUrl, world.apiKey);
  const before = found(await client.GET("/v1/usage"));
  const { run_id } = found(await submitRun(client));
  await runWhenOver(client, run_id, 1_000);
  const after = found(await client.GET("/v1/usage", { params: { query: { group_by: "pack" } } }));
  expect(after.totals.successes > before.totals.successes, "one more success");
  expect(
    after.rows.some(({ pack_type }) => pack_type === "decision"),
    "a row of the pack",
  );
}
