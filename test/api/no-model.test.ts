import { afterAll, expect, test } from "vitest";
import { runView } from "#core/domain/run-view.ts";
import { estimateView } from "../../edge/runs/estimate-schema.ts";
import { acceptedRun, bearer, call, cancelRun, post, work } from "./client.ts";
import { start } from "./finish.ts";
import { createWorld } from "./harness.ts";

const world = await createWorld({ bindings: { DPP_MODEL: undefined } });
afterAll(() => world.close());

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
