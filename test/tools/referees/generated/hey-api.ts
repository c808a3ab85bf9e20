import { client } from "decisionproof-api/hey-api/client.gen";
import { createRun, getOutput, getRun, listRuns } from "decisionproof-api/hey-api/sdk.gen";
import { type Buyer, expect, expectBought, newKey, order } from "./order.ts";

/** One trip, then the same run read again, its output and the list. */
export async function drive({ edgeUrl, apiKey }: Buyer): Promise<void> {
  client.setConfig({ baseUrl: edgeUrl, auth: apiKey });
  const headers = { "Idempotency-Key": newKey(), Prefer: "wait=20" };
  const submitted = await createRun({ body: order(), headers, throwOnError: true });
  const path = { id: submitted.data.run_id };
  const run = await getRun({ path, query: { include: ["output"] }, throwOnError: true });
  expect(run.data.output !== undefined, "the output in the run");
  const output = await getOutput({ path, parseAs: "text", throwOnError: true });
  const list = await listRuns({ query: { limit: 5, status: ["COMPLETED"] }, throwOnError: true });
  await expectBought(run.data, output.data, list.data.runs);
}
