import { randomUUID } from "node:crypto";
import { readFileSync } from "node:fs";
import { SendMessageCommand, SQSClient } from "@aws-sdk/client-sqs";
import { encodeSignal } from "#core/domain/message.ts";
import { recordTenantDiscrepancy } from "#core/store/audit/record-finding.ts";
import { Decisionproof } from "../../../edge/client/client.ts";
import { runCli } from "../../../backend/cli/run.ts";
import { awsSettings } from "../../dev/aws-settings.ts";
import { type DemoTenant, withOwner } from "../../dev/demo-tenant.ts";
import type { System } from "../../dev/system.ts";

const PROCESS_RUN = readFileSync(new URL("../../contract/support/process-run.sql", import.meta.url), "utf8");
const TRACE = `00-${"a".repeat(32)}-${"b".repeat(16)}-01`;

/** What waits for an operator: a frozen run, a finding of a tenant, a dead letter. */
export interface OperatorsWork {
  readonly frozen: string;
  readonly letter: string;
  /** Over, and charged. */
  readonly charged: string;
}

/** Makes work for operators. It stops the worker, which would go on with a run that is to be frozen. */
export async function seedWork(system: System, tenant: DemoTenant): Promise<OperatorsWork> {
  const dpp = new Decisionproof({ apiKey: tenant.admin_key, baseUrl: system.edgeUrl });
  const buy = async (name: string) =>
    (await dpp.runs.create({ pack_type: "char", inputs: { name }, max_cost_usd: "0.0100" })).run_id;
  const charged = await buy("Charged");
  await dpp.runs.wait(charged);
  await system.stop("worker");
  const [frozen, letter] = [await buy("Frozen"), await buy("Lost")];
  const token = randomUUID();
  const detail = { held: "10000", charged: "12000", wrong: ["cost"] };
  await withOwner(system, async (db) => {
    await db.query(PROCESS_RUN, [frozen, randomUUID(), token]);
    await db.query("SELECT * FROM freeze_run($1, $2, $3, $4)", [
      frozen,
      token,
      "result-contradicts-run",
      JSON.stringify(detail),
    ]);
    await recordTenantDiscrepancy(db, tenant.tenant_id, {
      kind: "tenant-books",
      subject: "balance",
      detail: { ledger: { available: "99990000" }, balance: { available: "99980000" } },
    });
  });
  const { region, sqsEndpoint, dlqUrl } = system.stack;
  const sqs = new SQSClient({ region, endpoint: sqsEndpoint, credentials: system.stack });
  const MessageBody = encodeSignal({ run_id: letter, traceparent: TRACE });
  await sqs.send(new SendMessageCommand({ QueueUrl: dlqUrl, MessageBody })).finally(() => sqs.destroy());
  return { frozen, letter, charged };
}

export interface OperatorsConsole {
  /** With its token. */
  readonly address: string;
  readonly stop: () => Promise<void>;
}

/** `dpp ui` on this system's stores. */
export async function startOperatorsConsole({ stack }: System, metrics: readonly string[]): Promise<OperatorsConsole> {
  const env = {
    DATABASE_URL: stack.databaseUrl,
    REDIS_URL: stack.redisUrl,
    ...awsSettings(stack),
    SQS_ENDPOINT: stack.sqsEndpoint,
    SQS_QUEUE_URL: stack.queueUrl,
    SQS_DLQ_URL: stack.dlqUrl,
    S3_ENDPOINT: stack.s3Endpoint,
    S3_BUCKET: stack.bucket,
    DPP_METRICS_URLS: metrics.join(","),
    DPP_OPERATOR: "Ada",
  };
  const stop = new AbortController();
  const printed = Promise.withResolvers<string>();
  const ended = runCli(["ui", "--json"], {
    env,
    out: (text) => printed.resolve(text),
    err: (text) => console.log(text.trimEnd()),
    stop: stop.signal,
  });
  const { address } = JSON.parse(await Promise.race([printed.promise, ended.then(() => "{}")])) as { address?: string };
  if (address === undefined) throw new Error("`dpp ui` ended at once");
  return {
    address,
    stop: async () => {
      stop.abort();
      await ended;
    },
  };
}
