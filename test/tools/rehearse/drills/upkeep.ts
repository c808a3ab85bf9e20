import { once } from "node:events";
import { readFileSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { z } from "zod";
import { held, drill } from "../drill.ts";
import { ask, buyOne } from "../stage.ts";

/** A receiver of webhooks, and how many it got. */
async function startReceiver() {
  let received = 0;
  const server = createServer((request, response) => {
    received += 1;
    request.resume();
    response.end();
  }).listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  return { url: `http://127.0.0.1:${port}/`, received: () => received, close: () => server.close() };
}

/** A right of the reaper is lost: one sweep fails each time, and nobody looks at what is due. */
export const sweepStalled = drill({
  title: "the webhook sweep fails",
  alerts: [{ alert: "SweepStalled", labels: { sweep: "webhooks" } }, { alert: "WebhookBacklog" }],
  raise: async (stage) => {
    const tenant = await stage.newTenant("receiver");
    const receiver = await startReceiver();
    const made = await ask(stage, tenant.admin_key, "/v1/webhooks", { url: receiver.url });
    held(made.status === 201, `a webhook, got ${await made.text()}`);
    await stage.db.query("REVOKE EXECUTE ON FUNCTION claim_webhook_deliveries FROM dpp_backend", []);
    await buyOne(stage, tenant.api_key);
    return receiver;
  },
  steps: [
    {
      runbook: "webhook-backlog",
      act: 3,
      follow: async ({ dir }) => {
        const log = ["reaper", "reaper-2"].map((name) => readFileSync(join(dir, "stack", `${name}.log`), "utf8"));
        held(/"sweep":"webhooks".*permission denied/.test(log.join("\n")), "the log to say why the sweep fails");
      },
    },
    {
      runbook: "sweep-stalled",
      act: 2,
      follow: async ({ migrate }) => {
        const { code, out } = await migrate("--check");
        held(code === 1 && out.includes("claim_webhook_deliveries"), `the lost right, got ${out}`);
        held((await migrate()).code === 0, "the migration to succeed");
      },
    },
  ],
  over: async (_, receiver) => {
    receiver.close();
    held(receiver.received() > 0, "the delivery to arrive");
  },
});

/** A run of three days ago, whose result S3 will not delete. */
export const retentionStalled = drill({
  title: "S3 refuses to delete",
  alerts: [{ alert: "RetentionStalled" }],
  stand_in: "a run whose retention was moved into the past",
  raise: async (stage) => {
    const { api_key } = await stage.newTenant("kept");
    const run_id = await buyOne(stage, api_key);
    const refused = ({ method, url }: { readonly method: string; readonly url: string }) =>
      method === "POST" && url.includes("delete")
        ? { status: 403, body: "<Error><Code>AccessDenied</Code></Error>" }
        : undefined;
    stage.s3.faults.add(refused);
    await stage.db.query(
      `WITH s AS MATERIALIZED (SELECT set_config('session_replication_role', 'replica', true))
       UPDATE runs SET retention_until = now() - interval '3 days' FROM s WHERE run_id = $1`,
      [run_id],
    );
    return { refused, run_id };
  },
  steps: [
    {
      runbook: "retention-stalled",
      act: 1,
      follow: async ({ s3 }, { refused }) => s3.faults.delete(refused),
    },
  ],
  over: async ({ db }, { run_id }) => {
    const [run] = await db.query("SELECT purged_at FROM runs WHERE run_id = $1", [run_id]);
    held(run?.["purged_at"] !== null, "the run to be purged");
  },
});

export const noReaper = drill({
  title: "no reaper is left",
  alerts: [{ alert: "NoReaperAlive" }],
  raise: async ({ system }) => {
    await Promise.all([system.stop("reaper"), system.stop("reaper-2")]);
  },
  steps: [
    {
      runbook: "no-reaper-alive",
      act: 2,
      follow: async ({ system }) => {
        await Promise.all([system.start("reaper"), system.start("reaper-2")]);
      },
    },
  ],
});

export const notProbed = drill({
  title: "nothing probes the edge",
  alerts: [{ alert: "EdgeNotProbed" }],
  stand_in: "an exporter of our own, with the names of the blackbox exporter",
  raise: async ({ outside }) => outside.setProbing(false),
  steps: [{ runbook: "edge-not-probed", act: 1, follow: async ({ outside }) => outside.setProbing(true) }],
});

const keys = z.object({ keys: z.array(z.object({ key_id: z.string() })) });
const created = z.object({ api_key: z.string() });

export const smokeFails = drill({
  title: "the key of the smoke run ends",
  alerts: [{ alert: "SmokeRunFails" }],
  stand_in: "the paid run bought every 8 s; its last success told under the name of kube-state-metrics",
  raise: async ({ dpp, smokeTenant: { tenant_id } }) => {
    for (const { key_id } of keys.parse(await dpp("key", "list", "--tenant", tenant_id)).keys)
      await dpp("key", "revoke", key_id);
  },
  steps: [
    {
      runbook: "smoke-run-fails",
      act: 2,
      follow: async ({ dpp, outside, smokeTenant: { tenant_id } }) => {
        const made = await dpp("key", "create", "--tenant", tenant_id, "--scopes", "submit,read");
        outside.setSmokeKey(created.parse(made).api_key);
      },
    },
  ],
});
