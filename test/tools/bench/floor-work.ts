import { randomUUID } from "node:crypto";
import { parseApiKey } from "#core/domain/api-key.ts";
import { sha256Hex } from "#core/domain/hash.ts";
import { canonicalJson } from "#core/domain/idempotency.ts";
import { newId } from "#core/domain/ids.ts";
import { payloadHash } from "#core/domain/run-request.ts";
import { micros, minimumFee } from "#core/domain/money.ts";
import type { Redis } from "#core/ports/redis.ts";
import { findRun } from "#core/store/runs/find-run.ts";
import { submitRun } from "#core/store/runs/submit-run.ts";
import { admit } from "#core/store/redis/admit.ts";
import { authorize } from "#core/store/redis/authorize.ts";
import { createPgDb, type OpenDb } from "../../../backend/drivers/pg.ts";
import { createRandom } from "../../../backend/drivers/random.ts";
import { createRedis } from "../../../backend/drivers/redis.ts";
import { createNeon } from "../../../edge/drivers/neon.ts";
import { createUpstash } from "../../../edge/drivers/upstash.ts";
import { SUBMITTED } from "../../support/submission.ts";
import { JOB } from "./job.ts";
import type { Addresses, LoadOrder, Work, WorkName } from "./load-order.ts";

/** As many connections as the Neon front keeps. */
const CONNECTIONS = 20;
const TIMEOUT_MS = 10_000;
const DEADLINE_MS = 10_000;
const RESERVE = micros(50_000);

export interface Stores {
  readonly redis: Redis;
  readonly db: OpenDb;
  close(): Promise<void>;
}

export interface Caller {
  readonly tenant_id: string;
  readonly key_sha256: string;
}

const random = createRandom();
const inputs = canonicalJson(JOB.inputs);
const payload_sha256 = payloadHash(JOB) ?? "";

/** The same script and the same function as the edge's, from this process: what no edge could do without. */
export function floorWork(addresses: Addresses, order: LoadOrder): Work {
  const stores = order.work.endsWith("-http") ? overHttp(addresses) : direct(addresses);
  const callers = order.tenants.map(({ tenant_id, api_key }) => ({
    tenant_id,
    key_sha256: parseApiKey(api_key)?.sha256 ?? "",
  }));
  const step = steps(stores, order);
  return {
    perform: async (tenant) => {
      const caller = callers[tenant];
      if (caller === undefined) throw new Error("no such tenant");
      await step(caller, tenant);
    },
    close: () => stores.close(),
  };
}

function overHttp(addresses: Addresses): Stores {
  return {
    redis: createUpstash({ url: addresses.upstash_url, token: addresses.upstash_token, timeout_ms: TIMEOUT_MS }),
    db: createNeon({ database_url: addresses.database_url, http: addresses.neon_http, timeout_ms: TIMEOUT_MS }),
    close: async () => undefined,
  };
}

/** Past the HTTP fronts. */
export function direct(addresses: Pick<Addresses, "redis_url" | "database_url">): Stores {
  const mirror = createRedis({ url: addresses.redis_url, command_timeout_ms: TIMEOUT_MS });
  const database = createPgDb({
    connectionString: addresses.database_url,
    max: CONNECTIONS,
    statement_timeout_ms: TIMEOUT_MS,
    connect_timeout_ms: TIMEOUT_MS,
    application_name: "dpp-bench",
  });
  return {
    redis: mirror.redis,
    db: database.db,
    close: async () => {
      mirror.close();
      await database.close();
    },
  };
}

function steps(stores: Stores, order: LoadOrder): (caller: Caller, tenant: number) => Promise<void> {
  let turn = 0;
  const read = async (caller: Caller, tenant: number): Promise<void> => {
    const run_ids = order.run_ids[tenant] ?? [];
    turn += 1;
    const [allowed, found] = await Promise.all([
      authorize(stores.redis, { ...caller, scope: "read" }),
      findRun(stores.db, caller.key_sha256, run_ids[turn % run_ids.length] ?? ""),
    ]);
    expect("authorize", allowed.kind, "ALLOWED");
    expect("find_run", found.kind, "found");
  };
  const work: Partial<Record<WorkName, (caller: Caller, tenant: number) => Promise<void>>> = {
    "submit-http": async (caller) => void (await submit(stores, caller)),
    "submit-direct": async (caller) => void (await submit(stores, caller)),
    "admit-http": (caller) => reserve(stores, caller, newRun()),
    "admit-direct": (caller) => reserve(stores, caller, newRun()),
    "submit-run-http": (caller) => insert(stores, caller, newRun()),
    "submit-run-direct": (caller) => insert(stores, caller, newRun()),
    "read-http": read,
  };
  const step = work[order.work];
  if (step === undefined) throw new Error(`no such work: ${order.work}`);
  return step;
}

const newRun = () => ({ run_id: newId(Date.now(), random.bytes(16)), idempotency_key: randomUUID() });
type NewRun = ReturnType<typeof newRun>;

/** S1 and S2: the id of the run. */
export async function submit(stores: Stores, caller: Caller): Promise<string> {
  const run = newRun();
  await reserve(stores, caller, run);
  await insert(stores, caller, run);
  return run.run_id;
}

async function reserve({ redis }: Stores, caller: Caller, { run_id, idempotency_key }: NewRun): Promise<void> {
  const { pack_type } = JOB;
  const idempotency_sha256 = sha256Hex(idempotency_key);
  const answer = await admit(redis, {
    ...caller,
    idempotency_sha256,
    run_id,
    payload_sha256,
    reserve: RESERVE,
    price: RESERVE,
    pack_type,
  });
  expect("admit", answer.kind, "RESERVED");
}

async function insert({ db }: Stores, caller: Caller, run: NewRun): Promise<void> {
  const submission = {
    ...run,
    ...SUBMITTED,
    key_sha256: caller.key_sha256,
    payload_sha256,
    pack_type: JOB.pack_type,
    inputs,
    reserve: RESERVE,
    minimum_fee: minimumFee(RESERVE, RESERVE),
  };
  const answer = await submitRun(db, submission, { mode: "reserve", deadline_ms: Date.now() + DEADLINE_MS });
  expect("submit_run", answer.outcome, "inserted");
}

function expect(what: string, got: string, wanted: string): void {
  if (got !== wanted) throw new Error(`${what} answered ${got}`);
}
