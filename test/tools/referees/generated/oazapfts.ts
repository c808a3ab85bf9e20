import { createRun, defaults, getOutput, getRun, listRuns } from "decisionproof-api/oazapfts/api";
import { type Buyer, expect, expectBought, newKey, order } from "./order.ts";

export async function drive({ edgeUrl, apiKey }: Buyer): Promise<void> {
  defaults.baseUrl = edgeUrl;
  defaults.headers = { Authorization: `Bearer ${apiKey}` };
  const submitted = await createRun(newKey(), order(), { prefer: "wait=20" });
  expect(submitted.status === 200 || submitted.status === 202, `a run, got ${submitted.status}`);
  const { run_id } = submitted.data;
  const run = await getRun(run_id, { include: ["output"] });
  expect(run.status === 200, `the run, got ${run.status}`);
  const output = await getOutput(run_id);
  expect(output.status === 200, `the output, got ${output.status}`);
  const list = await listRuns({ limit: 5, status: ["COMPLETED"] });
  expect(list.status === 200, `the list, got ${list.status}`);
  await expectBought(run.data, output.data, list.data.runs);
}
