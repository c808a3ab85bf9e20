import { createRun, getOutput, getRun, listRuns } from "decisionproof-api/orval/api";
import { type Buyer, expect, expectBought, newKey, order } from "./order.ts";

export async function drive({ apiKey }: Buyer): Promise<void> {
  const Authorization = `Bearer ${apiKey}`;
  const headers = { Authorization, "Idempotency-Key": newKey(), Prefer: "wait=20" };
  const submitted = await createRun(order(), { headers });
  expect(submitted.status === 200 || submitted.status === 202, `a run, got ${submitted.status}`);
  const { run_id } = submitted.data;
  const run = await getRun(run_id, { include: ["output"] }, { headers: { Authorization } });
  expect(run.status === 200, `the run, got ${run.status}`);
  const output = await getOutput(run_id, { headers: { Authorization } });
  expect(output.status === 200, `the output, got ${output.status}`);
  const list = await listRuns({ limit: 5, status: ["COMPLETED"] }, { headers: { Authorization } });
  expect(list.status === 200, `the list, got ${list.status}`);
  await expectBought(run.data, output.data, list.data.runs);
}
