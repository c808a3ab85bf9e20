import { randomUUID } from "node:crypto";
import { Decisionproof } from "../../../edge/client/client.ts";
import type { DemoTenant } from "../../dev/demo-tenant.ts";
import { decision, type Job } from "../../dev/demo-jobs.ts";
import { extraction, otherJobs } from "../../dev/demo-other-jobs.ts";

export interface Seeded {
  /** By pack, and what it is about where there are more of it: a run that is over. */
  readonly runs: ReadonlyMap<string, string>;
  readonly failed: string;
  readonly webhook: string;
}

type Body = Parameters<Decisionproof["runs"]["create"]>[0];

const comparison: Body = {
  pack_type: "eval",
  max_cost_usd: "0.0200",
  inputs: {
    cases: [
      { id: "sum", output: "The total is $29.00.", baseline: "It is about 30.", expected: 29 },
      { id: "share", output: "So 42 of 100.", baseline: "So 42 of 100.", expected: 42 },
      { id: "price", output: "It costs 12.", baseline: "It costs 14.", expected: 12 },
    ],
    metrics: [{ metric: "numeric", extract: "number", absolute: 0.5, relative: 0 }],
  },
};

/** An account that has something of everything: runs of each pack, one that failed, keys with caps, a webhook that fails. */
export async function seedAccount(edgeUrl: string, tenant: DemoTenant, pageUrl?: string): Promise<Seeded> {
  const dpp = new Decisionproof({ apiKey: tenant.admin_key, baseUrl: edgeUrl });
  const webhook = await dpp.webhooks.create({
    url: "http://127.0.0.1:9/orders",
    events: ["run.completed", "run.failed"],
    description: "Orders",
  });
  const url = (address: string, format: "markdown" | "links"): Body => ({
    pack_type: "url",
    max_cost_usd: "0.0200",
    inputs: { url: address, format },
  });
  const { admitted } = await dpp.runs.estimate(extraction.body);
  const named = (job: Job) => [job.body.pack_type, job.body as Body] as const;
  const jobs: readonly (readonly [name: string, body: Body])[] = [
    ...[decision, ...otherJobs(), ...(admitted ? [extraction] : [])].map(named),
    ["eval-comparison", comparison],
    ["unreachable", url(`${edgeUrl}/`, "markdown")],
    ...(pageUrl === undefined
      ? []
      : ([
          ["url", url(pageUrl, "markdown")],
          ["url-links", url(pageUrl, "links")],
        ] as const)),
  ];
  const bought = await Promise.all(
    jobs.map(async ([name, body], index) => {
      const request = { ...body, metadata: { order: `A-${1001 + index}` } } as Body;
      const run = await dpp.runs.wait(await dpp.runs.create(request, { idempotencyKey: randomUUID() }));
      return [name, run] as const;
    }),
  );
  await dpp.keys.create({ name: "Nightly evaluation", scopes: ["submit", "read"], spending_cap_usd: "25.0000" });
  const capped = await dpp.keys.create({
    name: "Support agent",
    scopes: ["submit", "read"],
    spending_cap_usd: "0.0150",
  });
  const agent = new Decisionproof({ apiKey: capped.api_key, baseUrl: edgeUrl });
  const char = { pack_type: "char", inputs: { name: "Grace Hopper" }, max_cost_usd: "0.0140" } as Body;
  await agent.runs.wait(await agent.runs.create(char));
  const failed = bought.find(([, run]) => run.status === "FAILED")?.[1];
  if (failed === undefined) throw new Error("the guard let the url pack reach this machine");
  const done = bought
    .filter(([, run]) => run.status === "COMPLETED")
    .map(([pack, { run_id }]) => [pack, run_id] as const);
  return { runs: new Map(done), failed: failed.run_id, webhook: webhook.endpoint_id };
}
