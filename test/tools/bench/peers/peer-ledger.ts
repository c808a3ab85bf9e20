import { setTimeout as sleep } from "node:timers/promises";
import { Redis } from "ioredis";
import pg from "pg";
import { createQueueInspector } from "../../../../backend/drivers/inspect-queue.ts";
import type { System } from "../../../dev/system.ts";
import type { SystemName } from "./peer-order.ts";

/** Longer than a backend of Postgres keeps what it has counted to itself while it is busy. */
const STATISTICS_MS = 1_100;

interface Counters {
  readonly fsyncs: number;
  /** A statement that is in no transaction is one. The ledger's own are left out. */
  readonly transactions: number;
}

/** What the bench reads of a system's money and queue. */
export interface PeerLedger {
  open(): Promise<number>;
  /** Jobs, or messages, that are still in the queue. */
  queued(): Promise<number>;
  counters(): Promise<Counters>;
  /** Throws unless so many more runs were completed, and the money adds up. */
  check(runs: number): Promise<void>;
  close(): Promise<void>;
}

const OPEN: Readonly<Record<"product" | "peer", string>> = {
  product: "SELECT sum(open_runs) AS count FROM balances WHERE tenant_id = ANY ($1::uuid[])",
  peer: "SELECT sum(open_runs) AS count FROM peers.balances WHERE tenant_id = ANY ($1::uuid[])",
};

const COMPLETED: Readonly<Record<"product" | "peer", string>> = {
  product: `SELECT count(*) AS count FROM runs
    WHERE tenant_id = ANY ($1::uuid[]) AND status = 'COMPLETED' AND money_state = 'SETTLED'`,
  peer: "SELECT count(*) AS count FROM peers.runs WHERE tenant_id = ANY ($1::uuid[]) AND status = 'COMPLETED'",
};

/** Balances that do not add up, or that the ledger disagrees with. */
const WRONG: Readonly<Record<"product" | "peer", string>> = {
  product: `SELECT count(*) AS count FROM balances b
    LEFT JOIN (SELECT tenant_id, sum(amount_micros) FILTER (WHERE kind = 'CHARGE') AS charged
                 FROM ledger_transfers GROUP BY 1) l USING (tenant_id)
   WHERE tenant_id = ANY ($1::uuid[])
     AND (b.granted <> b.charged + b.reserved + b.available OR b.reserved <> 0 OR b.charged <> coalesce(l.charged, 0))`,
  peer: `SELECT count(*) AS count FROM peers.balances b
    LEFT JOIN (SELECT tenant_id, sum(amount_micros) FILTER (WHERE kind = 'CHARGE') AS charged,
                      sum(CASE kind WHEN 'RESERVE' THEN amount_micros ELSE -amount_micros END) AS held
                 FROM peers.ledger GROUP BY 1) l USING (tenant_id)
   WHERE tenant_id = ANY ($1::uuid[]) AND (b.granted <> b.charged + b.reserved + b.available OR b.reserved <> 0
     OR b.charged <> coalesce(l.charged, 0) OR coalesce(l.held, 0) <> 0)`,
};

const COUNTERS = `SELECT (SELECT sum(fsyncs) FROM pg_stat_io WHERE object = 'wal') AS fsyncs,
  (SELECT xact_commit + xact_rollback FROM pg_stat_database WHERE datname = current_database()) AS transactions`;

export async function openLedger(name: SystemName, system: System, tenant_ids: readonly string[]): Promise<PeerLedger> {
  const whose = name === "decisionproof" ? "product" : "peer";
  const client = new pg.Client({ connectionString: system.stack.databaseUrl });
  await client.connect();
  let own = 0;
  const count = async (text: string, values: readonly unknown[] = []): Promise<number> => {
    own += 1;
    const { rows } = await client.query(text, [...values]);
    return Number((rows[0] as { readonly count: unknown }).count);
  };
  const queue = openQueue(name, system, count);
  const completedBefore = await count(COMPLETED[whose], [tenant_ids]);
  return {
    open: () => count(OPEN[whose], [tenant_ids]),
    queued: () => queue.length(),
    async counters() {
      await sleep(STATISTICS_MS);
      own += 1;
      // Its own commit makes this connection report what it has counted; that commit is counted from the next one on.
      await client.query("SELECT pg_stat_force_next_flush()");
      const { rows } = await client.query(COUNTERS);
      const found = rows[0] as { readonly fsyncs: unknown; readonly transactions: unknown };
      const counters = { fsyncs: Number(found.fsyncs), transactions: Number(found.transactions) - own };
      own += 1;
      return counters;
    },
    async check(runs) {
      const completed = (await count(COMPLETED[whose], [tenant_ids])) - completedBefore;
      if (completed !== runs) throw new Error(`${name} completed ${completed} of ${runs} runs`);
      const wrong = await count(WRONG[whose], [tenant_ids]);
      if (wrong !== 0) throw new Error(`${wrong} balances of ${name} do not add up`);
    },
    async close() {
      queue.close();
      await client.end();
    },
  };
}

interface OpenQueue {
  length(): Promise<number>;
  close(): void;
}

function openQueue(name: SystemName, { stack }: System, count: (text: string) => Promise<number>): OpenQueue {
  if (name === "graphile-worker") {
    return {
      length: () => count("SELECT count(*) AS count FROM graphile_worker._private_jobs"),
      close: () => undefined,
    };
  }
  if (name === "pg-boss") {
    const text = "SELECT count(*) AS count FROM pgboss.job WHERE name = 'paid' AND state < 'completed'";
    return { length: () => count(text), close: () => undefined };
  }
  if (name === "bullmq") return openBullQueue(stack.redisUrl);
  const { region, accessKeyId, secretAccessKey, sqsEndpoint: endpoint, queueUrl: queue_url } = stack;
  const inspector = createQueueInspector({
    client: { region, endpoint, credentials: { accessKeyId, secretAccessKey } },
    queue_url,
  });
  return {
    async length() {
      const attributes = await inspector.attributes();
      const { ApproximateNumberOfMessages: visible, ApproximateNumberOfMessagesNotVisible: hidden } = attributes;
      return Number(visible) + Number(hidden);
    },
    close: () => inspector.close(),
  };
}

function openBullQueue(url: string): OpenQueue {
  const redis = new Redis(url);
  return {
    async length() {
      const lists = await Promise.all(["wait", "active"].map((list) => redis.llen(`bull:paid:${list}`)));
      return lists.reduce((sum, length) => sum + length, 0);
    },
    close: () => redis.disconnect(),
  };
}
