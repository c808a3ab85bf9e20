import { createApiClient } from "decisionproof-api/zodios/api";
import { type Buyer, expectBought, newKey, order } from "./order.ts";

/** Zodios checks what is sent and what is answered against the schemas that were generated. */
export async function drive({ edgeUrl, apiKey }: Buyer): Promise<void> {
  const api = createApiClient(edgeUrl, { axiosConfig: { headers: { Authorization: `Bearer ${apiKey}` } } });
  const { run_id } = await api.createRun(order(), { headers: { "Idempotency-Key": newKey(), Prefer: "wait=20" } });
  const params = { id: run_id };
  const run = await api.getRun({ params, queries: { include: ["output"] } });
  const output = await api.getOutput({ params });
  const { runs } = await api.listRuns({ queries: { limit: 5, status: ["COMPLETED"] } });
  await expectBought(run, output, runs);
}
