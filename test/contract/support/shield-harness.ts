import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Redis as RawClient } from "ioredis";
import { afterAll, beforeAll } from "vitest";
import { newId } from "#core/domain/ids.ts";
import { micros } from "#core/domain/money.ts";
import type { MirroredKey, TenantSnapshot } from "#core/store/tenants/tenant-snapshot.ts";
import { type AdmitRequest, admit } from "#core/store/redis/admit.ts";
import { tenantKeys } from "#core/store/redis/keys.ts";
import { readClock } from "#core/store/redis/read-clock.ts";
import { sync } from "#core/store/redis/sync.ts";
import { createRandom } from "../../../backend/drivers/random.ts";
import { type RedisDriver, createRedis } from "../../../backend/drivers/redis.ts";
import { type RedisService, startRedis } from "../../dev/redis.ts";

export const KEY = "a".repeat(64);
export const GRACE = 90;
const random = createRandom();
export const id = () => newId(Date.now(), random.bytes(16));
export const hex = () => Buffer.from(random.bytes(32)).toString("hex");

const ownLimit = (id: string, per_minute: number | null | undefined) =>
  typeof per_minute === "number" ? [{ id, per_minute }] : [];
const KEY_ID = "01a1fa37-24d5-77a5-b92c-ccf601371541";

/** A mirrored key whose rates are its own alone, unless it is told otherwise. */
export const keyOf = (over: Partial<MirroredKey> = {}): MirroredKey => ({
  sha256: KEY,
  key_id: KEY_ID,
  status: "active",
  expires_at_ms: null,
  scopes: ["submit", "read"],
  submit_per_minute: null,
  read_per_minute: null,
  submit_limits: ownLimit(KEY_ID, over.submit_per_minute),
  read_limits: ownLimit(KEY_ID, over.read_per_minute),
  version: "3",
  ...over,
});

export const snapshotOf = (
  over: Partial<TenantSnapshot> = {},
  plan = {},
  key: Partial<MirroredKey> = {},
): TenantSnapshot => ({
  tenant_id: id(),
  available_micros: micros(100_000),
  open_runs: [],
  plan: {
    version: "5",
    submit_per_minute: 6000,
    submit_burst: 1000,
    read_per_minute: 6000,
    read_burst: 1000,
    max_open_runs: 5,
    max_cost_micros: "50000",
    pack_types: ["decision", "url"],
    ...plan,
  },
  keys: [keyOf(key)],
  ...over,
});

export const request = (tenant_id: string, over: Partial<AdmitRequest> = {}): AdmitRequest => ({
  tenant_id,
  key_sha256: KEY,
  idempotency_sha256: hex(),
  run_id: id(),
  payload_sha256: hex(),
  reserve: micros(20_000),
  price: micros(0),
  pack_type: "decision",
  ...over,
});

/** A Redis server of this file's own, with the production driver and a raw client beside it. */
export function shieldHarness(engine: "js" | "auto") {
  const stateDir = mkdtempSync(join(tmpdir(), "dpp-shield-"));
  let server: RedisService | undefined;
  let driver: RedisDriver | undefined;
  let raw: RawClient | undefined;
  beforeAll(async () => {
    server = await startRedis({ stateDir, engine });
    driver = createRedis({ url: server.url, command_timeout_ms: 5_000 });
    raw = new RawClient(server.url);
  });
  afterAll(async () => {
    driver?.close();
    raw?.disconnect();
    await server?.stop();
    rmSync(stateDir, { recursive: true, force: true });
  });
  const started = <T>(part: T | undefined): T => {
    if (part === undefined) throw new Error("Redis has not started");
    return part;
  };
  const load = async (snapshot: TenantSnapshot, grace_seconds = GRACE) => {
    const { redis } = started(driver);
    return sync(redis, snapshot, { clock_read: await readClock(redis), grace_seconds });
  };
  return {
    get redis() {
      return started(driver).redis;
    },
    get raw() {
      return started(raw);
    },
    load,
    loaded: async (...given: Parameters<typeof snapshotOf>) => {
      const snapshot = snapshotOf(...given);
      const outcome = await load(snapshot);
      if (outcome.kind !== "synced") throw new Error(outcome.kind);
      return snapshot;
    },
    available: (tenant_id: string) => started(raw).hget(tenantKeys(tenant_id).budget, "available"),
    kind: async (wanted: AdmitRequest) => (await admit(started(driver).redis, wanted)).kind,
  };
}
