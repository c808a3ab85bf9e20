import { compactVerify, createLocalJWKSet } from "jose";
import { type ClientWorld, clientOf, expect, found, runWhenOver, submitRun } from "./client.ts";

/** The receipt of a run verifies with the published keys, and says what the run says. */
export async function drive(world: ClientWorld): Promise<void> {
  const client = clientOf(world.edgeUrl, world.apiKey);
  const { run_id: id } = found(await submitRun(client));
  const run = await runWhenOver(client, id, 1_000);
  const signed = found(await client.GET("/v1/runs/{id}/receipt", { params: { path: { id } } }));
  expect(typeof signed !== "string", "the receipt as JSON");
  const keys = found(await client.GET("/.well-known/jwks.json"));
  const verified = await compactVerify(signed.receipt, createLocalJWKSet(keys));
  expect(verified.protectedHeader.alg === "EdDSA", `EdDSA, got ${verified.protectedHeader.alg}`);
  const claims = JSON.parse(new TextDecoder().decode(verified.payload)) as Record<string, unknown>;
  expect(claims["sub"] === id, "a receipt of this run");
  expect(claims["result_sha256"] === run.result?.sha256, "the digest of the run's result");
  expect(claims["charged_usd"] === run.cost.actual_usd, "what the run was charged");
}
