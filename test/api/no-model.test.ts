import { describe, expect, test } from "vitest";
import { catalog } from "#core/domain/packs/catalog.ts";
import { extractOffer } from "#core/domain/packs/extract.ts";
import { payloadHash } from "#core/domain/run-request.ts";
import { runView } from "#core/domain/run-view.ts";
import { estimateView } from "../../edge/runs/estimate-schema.ts";
import { acceptedRun, bearer, call, cancelRun, get, post, problemOf, work } from "./client.ts";
import { start } from "./finish.ts";
import { bareWorld } from "./harness.ts";

const world = await bareWorld();

const bare = work({ max_cost_usd: "0.0050" });

test("where no model fills it in, a question alone is estimated at nothing, if it succeeds and if it fails", async () => {
  const { api_key } = await world.account();
  const { body } = await call(`${world.url}/v1/runs/estimate`, {
    method: "POST",
    headers: { ...bearer(api_key), "Content-Type": "application/json" },
    body: JSON.stringify(bare),
  });
  expect(estimateView.parse(body)).toMatchObject({
    price_usd: "0.0000",
    least_price_usd: "0.0000",
    most_price_usd: "0.0000",
    minimum_fee_usd: "0.0000",
    estimate_is_exact: true,
    needs_input: ["/options", "/criteria", "/scores"],
    admitted: true,
  });
});

describe("what only a model can do", () => {
  const extraction = { pack_type: "extract", inputs: extractOffer.examples[0].inputs, max_cost_usd: "1.0000" };
  const accountWith = () => world.account({ plan: { pack_types: [...catalog.keys()] } });

  test("is refused where there is none, and nothing is reserved", async () => {
    const { api_key, tenant_id } = await accountWith();
    problemOf(await post({ url: world.url, api_key, body: extraction }), 422, "model-not-configured");
    const rows = await world.owner.query("SELECT 1 FROM ledger_transfers WHERE tenant_id = $1 AND kind = 'RESERVE'", [
      tenant_id,
    ]);
    expect(rows).toEqual([]);
    const { body } = await get(`${world.url}/v1/budget`, api_key);
    expect(body).toMatchObject({ reserved_usd: "0.0000" });
  });

  test("is refused of a pack that does the rest without one", async () => {
    const { api_key } = await accountWith();
    const cases = [{ id: "a", output: "Paris", expected: "Names the capital of France." }];
    const body = (metric: string) => ({
      pack_type: "eval",
      inputs: { cases, metrics: [metric] },
      max_cost_usd: "1.0000",
    });
    problemOf(await post({ url: world.url, api_key, body: body("model_graded") }), 422, "model-not-configured");
    acceptedRun(await post({ url: world.url, api_key, body: body("exact") }));
  });

  test("is estimated as refused", async () => {
    const { api_key } = await accountWith();
    const { body } = await call(`${world.url}/v1/runs/estimate`, {
      method: "POST",
      headers: { ...bearer(api_key), "Content-Type": "application/json" },
      body: JSON.stringify(extraction),
    });
    const { admitted, refusal } = estimateView.parse(body);
    expect(admitted).toBe(false);
    expect(refusal).toMatchObject({ code: "model-not-configured", status: 422 });
  });

  test("is found by its key where it was bought before the model was taken away", async () => {
    const { api_key } = await accountWith();
    const idempotency_key = "before-it-went";
    const run = acceptedRun(await post({ url: world.url, api_key, body: bare, idempotency_key }));
    await world.owner.query(
      "UPDATE runs SET pack_type = 'extract', payload_sha256 = decode($2, 'hex') WHERE run_id = $1",
      [run.run_id, payloadHash(extraction) ?? ""],
    );
    const again = acceptedRun(await post({ url: world.url, api_key, body: extraction, idempotency_key }));
    expect(again.run_id).toBe(run.run_id);
  });
});

test("canceled while it is at work it costs nothing", async () => {
  const { api_key } = await world.account();
  const run = acceptedRun(await post({ url: world.url, api_key, body: bare }));
  expect(run.cost.minimum_fee_usd).toBe("0.0000");
  await start(world.backend, run.run_id);
  const { body } = await cancelRun(`${world.url}/v1/runs/${run.run_id}`, api_key);
  expect(runView.parse(body)).toMatchObject({
    status: "CANCELED",
    cost: { actual_usd: "0.0000", minimum_fee_usd: "0.0000" },
  });
});
