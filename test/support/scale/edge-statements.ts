import { createHash } from "node:crypto";
import { idOf, keyHash } from "./history.ts";
import { bytea, type FnArguments } from "#core/store/fn.ts";
import type { StatementCase } from "./measure.ts";

const edge = (pages: number, values: FnArguments, first: StatementCase["first"]): StatementCase => ({
  role: "dpp_edge",
  pages,
  values,
  ...(first === undefined ? {} : { first }),
});

const KEY = bytea(keyHash(0));
const ENDPOINT = idOf("endpoint 0");
const hash = (text: string): string => createHash("sha256").update(text).digest("hex");
const HASHES = { live_sha256: bytea(hash("live")), test_sha256: bytea(hash("test")) };
const DAY_MS = 86_400_000;
const day = (ago: number): string => new Date(Date.now() - ago * DAY_MS).toISOString().slice(0, 10);

const run = (name: string) => ({
  key_sha256: KEY,
  run_id: idOf(name),
  idempotency_key: name,
  payload_sha256: bytea("ab".repeat(32)),
  pack_type: "decision",
  pack_version: "1",
  inputs: "{}",
  metadata: "{}",
  max_cost_micros: 10_000,
  minimum_fee_micros: 5_000,
  timebox_sec: 90,
  min_reliability: null,
  trace_parent: "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
  reserve: true,
  deadline: "infinity",
  webhook_url: null,
  webhook_secret: null,
  webhook_include_output: false,
});
const runs = {
  key_sha256: KEY,
  at: null,
  id: null,
  statuses: null,
  pack_type: null,
  of_key: null,
  created_after: null,
  created_before: null,
  metadata: null,
  limit: 20,
  scan_limit: 20_000,
};
const transfers = {
  key_sha256: KEY,
  at: null,
  id: null,
  kinds: ["RESERVE", "CHARGE", "REFUND"],
  run_id: null,
  created_after: null,
  created_before: null,
  limit: 20,
};

/** What the edge asks for the first tenant's key, which has half of all runs. */
export const EDGE_STATEMENTS: Readonly<Record<string, StatementCase>> = {
  "service-state": edge(10, [60], { mode: "normal", workers: "0" }),
  "admission-snapshot": edge(35, [KEY], { tenant_id: idOf("tenant 0") }),
  "cancel-run": edge(170, [KEY, idOf("queued 1"), "x"], { outcome: "canceled" }),
  "create-own-key": edge(
    80,
    {
      key_sha256: KEY,
      key_id: idOf("a new key"),
      ...HASHES,
      name: "new",
      mode: null,
      scopes: ["read"],
      expires_at: null,
      submit_per_minute: null,
      read_per_minute: null,
      spending_cap_micros: null,
    },
    { outcome: "created" },
  ),
  "create-webhook": edge(
    48,
    {
      key_sha256: KEY,
      endpoint_id: idOf("new"),
      url: "https://hooks.example.com/new",
      events: [],
      description: null,
      include_output: false,
      secret: "s",
      max: 20,
      max_per_day: 100,
    },
    {
      outcome: "created",
    },
  ),
  "default-webhook-secret": edge(16, [KEY, "secret"], { outcome: "found" }),
  "delete-webhook": edge(45, [KEY, idOf("spare endpoint 1")], { outcome: "deleted" }),
  "enable-webhook": edge(33, [KEY, ENDPOINT], { outcome: "enabled" }),
  "find-budget": edge(30, [KEY], { outcome: "found" }),
  "find-plan": edge(20, [KEY], { outcome: "found" }),
  "find-run": edge(20, [KEY, idOf("completed 1")], { run_id: idOf("completed 1") }),
  "find-run-with-inputs": edge(25, [KEY, idOf("completed 1")], { run_id: idOf("completed 1") }),
  "find-usage": { ...edge(90, [KEY, day(30), day(0), "day"], { outcome: "found" }), report: "days asked for" },
  "list-committed-runs": edge(
    130,
    {
      key_sha256: KEY,
      epoch: null,
      order: null,
      id: null,
      ended: false,
      statuses: null,
      pack_type: null,
      of_key: null,
      created_after: null,
      created_before: null,
      metadata: null,
      limit: 20,
      scan_limit: 20_000,
    },
    {
      outcome: "found",
    },
  ),
  "list-committed-transfers": edge(
    25,
    {
      key_sha256: KEY,
      epoch: null,
      order: null,
      id: null,
      kinds: ["RESERVE", "CHARGE"],
      created_after: null,
      created_before: null,
      limit: 20,
      scan_limit: 20_000,
    },
    {
      outcome: "found",
    },
  ),
  "list-own-keys": edge(120, [KEY, null, 20], { outcome: "found" }),
  "list-own-runs": edge(140, runs, { matched: true }),
  "list-own-transfers": edge(30, transfers, {
    outcome: "found",
  }),
  "list-webhook-deliveries": edge(145, [KEY, ENDPOINT, null, null, 20], { outcome: "found" }),
  "list-webhooks": edge(17, [KEY, null], { outcome: "found" }),
  "own-key-snapshot": edge(25, [KEY, idOf("key 0")], { tenant_id: idOf("tenant 0") }),
  "redeliver-webhook": edge(87, [KEY, ENDPOINT, idOf("delivery 2"), 1_000], { outcome: "redelivering" }),
  "revoke-own-key": edge(70, [KEY, idOf("spare key 1")], { outcome: "revoked" }),
  "rotate-own-key": edge(
    130,
    {
      key_sha256: KEY,
      key_id: idOf("spare key 2"),
      new_key_id: idOf("a new key"),
      ...HASHES,
      grace_seconds: 60,
    },
    { outcome: "rotated" },
  ),
  "rotate-webhook": edge(35, [KEY, ENDPOINT, "another", 60], { outcome: "rotated" }),
  "test-webhook": edge(90, [KEY, ENDPOINT, "webhook.test", 1_000], { outcome: "sending" }),
  "update-own-key": edge(
    100,
    { key_sha256: KEY, key_id: idOf("spare key 3"), name: "renamed", spending_cap_micros: null },
    { outcome: "updated" },
  ),
  "submit-run": edge(130, run("a new run"), { outcome: "inserted" }),
};

/** Other ways to call the same statements, each of which was or might be one that reads all there is. */
export const EDGE_FILTERS: readonly (readonly [name: string, what: string, how: StatementCase])[] = [
  [
    "list-webhook-deliveries",
    "of a status that none has",
    edge(30, [KEY, ENDPOINT, "canceled", null, 20], { outcome: "found", delivery_id: null }),
  ],
  [
    "list-webhook-deliveries",
    "that are pending",
    edge(120, [KEY, ENDPOINT, "pending", null, 20], { outcome: "found" }),
  ],
  [
    "list-webhook-deliveries",
    "after one",
    edge(160, [KEY, ENDPOINT, null, idOf("delivery 3"), 20], { outcome: "found", status: "delivered" }),
  ],
  [
    "list-webhook-deliveries",
    "after one, of a status that is rare",
    edge(150, [KEY, ENDPOINT, "failed", idOf("delivery 3"), 20], { outcome: "found", status: "failed" }),
  ],
  ["list-own-keys", "after one", edge(120, [KEY, idOf("spare key 3"), 20], { outcome: "found" })],
  [
    "list-own-transfers",
    "of one run",
    edge(20, { ...transfers, kinds: ["RESERVE", "CHARGE"], run_id: idOf("completed 1") }, { kind: "CHARGE" }),
  ],
  ["list-own-runs", "of one key", edge(140, { ...runs, of_key: idOf("key 0") }, { matched: true })],
  ["list-own-runs", "that are open", edge(75, { ...runs, statuses: ["QUEUED"] }, { status: "QUEUED" })],
  [
    "submit-run",
    "with an address for its event",
    edge(
      164,
      { ...run("a new run"), webhook_url: "https://hooks.example.com/own", webhook_secret: "secret" },
      { outcome: "inserted" },
    ),
  ],
];
