import { readFileSync } from "node:fs";
import { PutObjectCommand, S3Client } from "@aws-sdk/client-s3";
import pg from "pg";
import { z } from "zod";
import { resultKey } from "#core/domain/receipt.ts";
import { until } from "../../deploy/programs.ts";
import { held, drill } from "../drill.ts";
import { ended, slowBody, type Stage, submit } from "../stage.ts";

const REASON = ["--reason", "rehearsal"];
const NOTE = ["--note", "rehearsed"];
const findings = z.object({ findings: z.array(z.object({ finding_id: z.unknown(), tenant_id: z.string() })) });

const openFindings = async ({ dpp }: Stage, tenant_id: string) =>
  findings.parse(await dpp("findings", "list", "--tenant", tenant_id)).findings;

/** Another writer's object at the key of a run at work: the worker meets it, and freezes the run. */
async function foreignObject(stage: Stage) {
  const { system, pages, db } = stage;
  const { stack } = system;
  const { region, s3Endpoint: endpoint } = stack;
  const tenant = await stage.newTenant("frozen");
  const run_id = await submit(stage, tenant.api_key, slowBody(pages, 8_000));
  const s3 = new S3Client({ region, endpoint, credentials: stack, forcePathStyle: true });
  await s3
    .send(
      new PutObjectCommand({ Bucket: stack.bucket, Key: resultKey(tenant.tenant_id, run_id, 1), Body: "another's" }),
    )
    .finally(() => s3.destroy());
  await until(
    async () => (await db.query("SELECT money_state FROM runs WHERE run_id = $1", [run_id]))[0]?.["money_state"],
    (state) => state === "AUDIT_REQUIRED",
  );
  return { ...tenant, run_id };
}

export const frozenRun = drill({
  title: "a run is frozen",
  alerts: [{ alert: "AuditRequired" }, { alert: "AuditFindings" }],
  raise: foreignObject,
  steps: [
    {
      runbook: "audit-required",
      act: 2,
      follow: async ({ doctor }) => held((await doctor()).code === 0, "a store that honours If-None-Match"),
    },
    {
      runbook: "audit-required",
      act: 3,
      follow: ({ dpp }, { run_id }) => dpp("run", "decide", run_id, "--charge", "0", ...NOTE),
    },
    {
      runbook: "audit-required",
      act: 4,
      follow: async (stage, { tenant_id }) => {
        for (const { finding_id } of await openFindings(stage, tenant_id))
          await stage.dpp("findings", "resolve", String(finding_id), ...NOTE);
      },
    },
    {
      runbook: "frozen-run",
      act: 3,
      follow: async (stage, { run_id, api_key }) => {
        const run = await ended(stage, api_key, run_id);
        held(["SETTLED", "REFUNDED"].includes(run?.money_state ?? ""), "the run settled or refunded");
      },
    },
  ],
  over: ({ dpp }, { tenant_id }) => dpp("audit", "--receipts", "--tenant", tenant_id),
});

/** A balance that somebody changed with SQL: what the audit is for. */
export const drift = drill({
  title: "a balance is not what its transfers say",
  alerts: [{ alert: "LedgerDrift" }, { alert: "AuditFindings" }],
  raise: async (stage) => {
    const tenant = await stage.newTenant("drifting");
    const sql = "UPDATE balances SET granted = granted + 5, available = available + 5 WHERE tenant_id = $1";
    await stage.db.query(sql, [tenant.tenant_id]);
    return tenant;
  },
  steps: [
    { runbook: "ledger-drift", act: 1, follow: ({ dpp }) => dpp("switch", "set", "halt", ...REASON) },
    {
      runbook: "ledger-drift",
      act: 2,
      follow: async ({ migrate }) => held((await migrate("--check")).code === 0, "the schema of the release"),
    },
    { runbook: "ledger-drift", act: 4, follow: (stage, { tenant_id }) => correct(stage, tenant_id) },
    {
      runbook: "audit-findings",
      act: 4,
      follow: async (stage, { tenant_id }) => {
        for (const { finding_id } of await openFindings(stage, tenant_id))
          await stage.dpp("findings", "resolve", String(finding_id), ...NOTE);
      },
    },
  ],
  over: ({ dpp }, { tenant_id }) => dpp("audit", "--full", "--tenant", tenant_id),
});

/** Runs the statements of the runbook, with the tenant's id, as an operator pastes them. */
async function correct({ system }: Stage, tenant_id: string): Promise<void> {
  const runbook = readFileSync("backend/deploy/runbooks/ledger-drift.md", "utf8");
  const [, sql = ""] = /```sql\n([\s\S]*?)```/.exec(runbook) ?? [];
  held(sql.includes("TENANT_ID"), "statements in the runbook");
  const client = new pg.Client({ connectionString: system.stack.databaseUrl });
  await client.connect();
  await client.query(sql.replaceAll("TENANT_ID", tenant_id)).finally(() => client.end());
}

/** What `drift` leaves behind: its last step is this runbook's. */
export const switchSet = drill({
  title: "the switch is left at halt",
  alerts: [{ alert: "SwitchSet" }],
  raise: ({ dpp }) => dpp("switch", "set", "halt", ...REASON),
  steps: [{ runbook: "switch-set", act: 2, follow: ({ dpp }) => dpp("switch", "set", "normal", ...REASON) }],
});

export const auditFailing = drill({
  title: "the audit may not read",
  alerts: [{ alert: "AuditFailing" }],
  raise: ({ db }) => db.query("REVOKE SELECT ON usage_daily FROM dpp_backend", []),
  steps: [
    {
      runbook: "audit-failing",
      act: 2,
      follow: async ({ migrate }) => {
        const { code, out } = await migrate("--check");
        held(code === 1 && out.includes("usage_daily"), `a difference of usage_daily, got ${out}`);
        held((await migrate()).code === 0, "the migration to succeed");
      },
    },
  ],
});
