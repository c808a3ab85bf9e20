import { PROBE_KEY } from "../../../backend/doctor/probe-objects.ts";
import type { OpenDb } from "../../../backend/drivers/pg.ts";
import { createHash } from "node:crypto";
import { GetObjectCommand, ListObjectsV2Command, S3Client } from "@aws-sdk/client-s3";
import { Redis as RawClient } from "ioredis";
import { z } from "zod";
import { metadataOf } from "#core/domain/object-metadata.ts";
import { readVerdict } from "#core/domain/receipt.ts";
import { tenantKeys } from "#core/store/redis/keys.ts";
import type { System } from "../../dev/system.ts";
import type { Evidence, Mirror, StoredObject } from "./checker/evidence.ts";
import { mostOpen } from "./tenants.ts";
import type { Shield } from "./regions.ts";
import type { World } from "./world.ts";

const DOWNLOADS_AT_ONCE = 16;
const PAGE = 20_000;
const amount = z
  .string()
  .regex(/^-?\d+$/)
  .transform(Number)
  .pipe(z.int());

const balance = z.object({
  tenant_id: z.guid(),
  granted: amount,
  charged: amount,
  reserved: amount,
  available: amount,
  open_runs: z.number(),
});
const transfer = z.object({
  tenant_id: z.guid(),
  run_id: z.guid().nullable(),
  grant_id: z.string().nullable(),
  kind: z.string(),
  debit: z.string(),
  credit: z.string(),
  amount,
});
const run = z.object({
  run_id: z.guid(),
  tenant_id: z.guid(),
  key_id: z.guid(),
  key_capped: z.boolean(),
  idempotency_key: z.string(),
  payload_sha256: z.string(),
  status: z.string(),
  money_state: z.string(),
  reserved: amount,
  minimum_fee: amount,
  charged: amount.nullable(),
  result_attempt: z.number().nullable(),
  result_sha256: z.string().nullable(),
  endings: z.number(),
});
const state = z.object({
  seq: amount,
  tenant_id: z.guid(),
  available: amount,
  reserved: amount,
  open_runs: z.number(),
  causes: z.array(z.string()),
  kind: z.string().nullable(),
  at: z.date().transform((at) => at.getTime()),
});
const spending = z.object({ key_id: z.guid(), cap: amount, committed: amount });
const usage = z.object({
  tenant_id: z.guid(),
  runs: amount,
  completed: amount,
  failed: amount,
  canceled: amount,
  reserved: amount,
  charged: amount,
});
const finding = z.object({
  tenant_id: z.guid(),
  run_id: z.guid().nullable(),
  kind: z.string(),
  detail: z.unknown(),
});

const SQL = {
  balances: "SELECT tenant_id, granted, charged, reserved, available, open_runs FROM balances",
  transfers: `SELECT tenant_id, run_id, grant_id, kind, debit, credit, amount_micros AS amount FROM ledger_transfers
    ORDER BY transfer_id LIMIT $1 OFFSET $2`,
  runs: `SELECT r.run_id, tenant_id, key_id, key_capped, idempotency_key, encode(payload_sha256, 'hex') AS payload_sha256,
      status, money_state, reserved_micros AS reserved, minimum_fee_micros AS minimum_fee, charged_micros AS charged,
      result_attempt, encode(result_sha256, 'hex') AS result_sha256, coalesce(e.endings, 0) AS endings
    FROM runs r LEFT JOIN (SELECT run_id, count(*)::integer AS endings FROM outbox_events
      WHERE type IN ('run.completed', 'run.failed', 'run.canceled') GROUP BY run_id) e USING (run_id)
    ORDER BY r.run_id LIMIT $1 OFFSET $2`,
  states: `SELECT seq, tenant_id, available, reserved, open_runs, causes, kind, at FROM chaos_balance
    ORDER BY seq LIMIT $1 OFFSET $2`,
  spending: `SELECT k.key_id, k.spending_cap_micros AS cap, coalesce(s.committed_micros, 0) AS committed
    FROM api_keys k LEFT JOIN key_spending s USING (spending_id) WHERE k.spending_cap_micros IS NOT NULL`,
  usage: `SELECT tenant_id, sum(runs)::bigint AS runs, sum(completed)::bigint AS completed, sum(failed)::bigint AS failed,
      sum(canceled)::bigint AS canceled, sum(reserved_micros)::bigint AS reserved, sum(charged_micros)::bigint AS charged
    FROM usage_daily GROUP BY tenant_id`,
  findings: "SELECT tenant_id, run_id, kind, detail FROM audit_findings",
};

/** Everything that the stores hold, read apart from the product's own code. */
export async function collect(world: World): Promise<Evidence> {
  const { db, tenants, system } = world;
  return {
    balances: await all(db, SQL.balances, balance),
    transfers: await paged(db, SQL.transfers, transfer),
    runs: await paged(db, SQL.runs, run),
    states: await paged(db, SQL.states, state),
    spending: await all(db, SQL.spending, spending),
    usage: await all(db, SQL.usage, usage),
    findings: await all(db, SQL.findings, finding),
    objects: await readObjects(system),
    mirrors: await readMirrors(
      world.shields,
      tenants.map((each) => each.tenant_id),
    ),
    most_open: new Map(tenants.map((each) => [each.tenant_id, mostOpen(each)])),
    restricted: new Set(tenants.filter(({ name }) => name === "changing").map((each) => each.tenant_id)),
  };
}

const all = async <T>(db: OpenDb, sql: string, row: z.ZodType<T>): Promise<readonly T[]> =>
  z.array(row).parse(await db.query(sql, []));

async function paged<T>(db: OpenDb, sql: string, row: z.ZodType<T>): Promise<readonly T[]> {
  const rows: T[] = [];
  for (;;) {
    const page = z.array(row).parse(await db.query(sql, [PAGE, rows.length]));
    rows.push(...page);
    if (page.length < PAGE) return rows;
  }
}

/** What each shield says of each tenant. */
export async function readMirrors(
  shields: readonly Shield[],
  tenant_ids: readonly string[],
): Promise<readonly Mirror[]> {
  return (await Promise.all(shields.map((shield) => mirrorsOf(shield, tenant_ids)))).flat();
}

async function mirrorsOf({ name, url }: Shield, tenant_ids: readonly string[]): Promise<readonly Mirror[]> {
  const redis = new RawClient(url);
  try {
    return await Promise.all(
      tenant_ids.map(async (tenant_id) => ({
        shield: name,
        tenant_id,
        available: await redis.hget(tenantKeys(tenant_id).budget, "available"),
        open_runs: await redis.hlen(tenantKeys(tenant_id).open),
      })),
    );
  } finally {
    redis.disconnect();
  }
}

async function readObjects({ stack }: System): Promise<readonly StoredObject[]> {
  const client = new S3Client({
    region: stack.region,
    endpoint: stack.s3Endpoint,
    credentials: stack,
    forcePathStyle: true,
  });
  try {
    const keys: string[] = [];
    let next: string | undefined;
    do {
      const listed = await client.send(
        new ListObjectsV2Command({ Bucket: stack.bucket, ...(next === undefined ? {} : { ContinuationToken: next }) }),
      );
      keys.push(...(listed.Contents ?? []).flatMap(({ Key }) => (Key === undefined ? [] : [Key])));
      next = listed.NextContinuationToken;
    } while (next !== undefined);
    const found: StoredObject[] = [];
    // A check of the bucket at the start of each process leaves one object, of no run.
    const left = keys.filter((key) => key !== PROBE_KEY).values();
    // They share one iterator: each key is taken once.
    await Promise.all(
      Array.from({ length: DOWNLOADS_AT_ONCE }, async () => {
        for (const key of left) found.push(await readObject(client, stack.bucket, key));
      }),
    );
    return found;
  } finally {
    client.destroy();
  }
}

async function readObject(client: S3Client, bucket: string, key: string): Promise<StoredObject> {
  const got = await client.send(new GetObjectCommand({ Bucket: bucket, Key: key }));
  const body = (await got.Body?.transformToByteArray()) ?? new Uint8Array();
  const verdict = readVerdict(metadataOf(got.ContentDisposition));
  const receipt = verdict.kind === "receipt" ? verdict.receipt : undefined;
  return {
    key,
    tombstone: verdict.kind === "tombstone",
    sha256: createHash("sha256").update(body).digest("hex"),
    stated_sha256: receipt?.sha256 ?? null,
    cost: receipt?.cost ?? null,
  };
}
