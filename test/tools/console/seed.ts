import { randomUUID } from "node:crypto";
import { Decisionproof } from "../../../edge/client/client.ts";
import type { DemoTenant } from "../../dev/demo-tenant.ts";
import { decision, type Job } from "../../dev/demo-jobs.ts";
import { extraction, otherJobs } from "../../dev/demo-other-jobs.ts";

export interface Seeded {
  /** By pack: a run that is over. */
  readonly runs: ReadonlyMap<string, string>;
  readonly failed: string;
  readonly webhook: string;
}

type Body = Parameters<Decisionproof["runs"]["create"]>[0];

/** An account that has something of everything: runs of each pack, one that failed, keys with caps, a webhook that fails. */
export async function seedAccount(edgeUrl: string, tenant: DemoTenant): Promise<Seeded> {
  const dpp = new Decisionproof({ apiKey: tenant.admin_key, baseUrl: edgeUrl });
  const webhook = await dpp.webhooks.create({
    url: "http://127.0.0.1:9/orders",
    events: ["run.completed", "run.failed"],
    description: "Orders",
  });
  const url: Pick<Job, "body"> = {
    body: { pack_type: "url", max_cost_usd: "0.0200", inputs: { url: `${edgeUrl}/`, format: "markdown" } },
  };
  const { admitted } = await dpp.runs.estimate(extraction.body);
  const jobs: readonly Pick<Job, "body">[] = [decision, ...otherJobs(), ...(admitted ? [extraction] : []), url];
  const bought = await Promise.all(
    jobs.map(async ({ body }, index) => {
      const request = { ...body, metadata: { order: `A-${1001 + index}` } } as Body;
      const run = await dpp.runs.wait(await dpp.runs.create(request, { idempotencyKey: randomUUID() }));
      return [body.pack_type, run] as const;
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
