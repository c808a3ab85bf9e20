import { afterAll, beforeAll, expect, it } from "vitest";
import { bytea, fn } from "#core/store/fn.ts";
import { findPlan } from "#core/store/plans/find-plan.ts";
import { findRunWithInputs } from "#core/store/runs/find-run.ts";
import { findUsage } from "#core/store/ledger/find-usage.ts";
import { listOwnRuns } from "#core/store/runs/list-own-runs.ts";
import { listOwnTransfers } from "#core/store/ledger/list-own-transfers.ts";
import { setSwitch } from "#core/store/switch/set-switch.ts";
import type { Account } from "../dev/add-tenant.ts";
import { createMoneyWorld, type MoneyWorld, submission } from "./support/money-world.ts";

let world: MoneyWorld;
let account: Account;
let run_id: string;

beforeAll(async () => {
  world = await createMoneyWorld();
  account = await world.account();
  const run = submission(account);
  run_id = run.run_id;
  await world.submit(run);
});
afterAll(() => world.close());

const EDGE =
  "admission_snapshot cancel_run create_own_key create_webhook default_webhook_secret delete_webhook " +
  "enable_webhook find_budget find_plan find_run find_run_with_inputs find_usage list_committed_runs " +
  "list_committed_transfers list_own_keys list_own_runs " +
  "list_own_transfers list_webhook_deliveries list_webhooks own_key_snapshot redeliver_webhook revoke_own_key " +
  "rotate_own_key rotate_webhook service_state submit_run test_webhook update_own_key";
const BACKEND =
  "add_closed_runs add_transfers begin_purge claim_webhook_deliveries close_run complete_runs " +
  "drop_audit_checkpoint fan_out_events finish_webhook_delivery forget_events freeze_closed_run freeze_run " +
  "included_packs mirrored_key mirrored_tenant note_audit_checkpoint note_process purge_run " +
  "record_finding service_gauges tenant_snapshot wall_clock";

it.each([
  ["dpp_edge", EDGE],
  ["dpp_backend", BACKEND],
  ["dpp_scaler", "queued_work"],
])("%s may call these functions and no other", async (role, names) => {
  const rows = await world.owner.query(
    `SELECT proname FROM pg_proc
      WHERE pronamespace = 'public'::regnamespace AND has_function_privilege($1, oid, 'EXECUTE')
      ORDER BY proname`,
    [role],
  );
  expect(rows.map((row) => row["proname"])).toEqual(names.split(" "));
});

it("refuses a key in one order, and names no tenant then", async () => {
  const { tenant_id, key_sha256, key_id } = account;
  const check = async (sha256: string, scope: string, changes: boolean) =>
    (await fn(world.owner, "check_key", [bytea(sha256), scope, changes]))[0];
  const refused = (refusal: string) => ({ tenant_id: null, key_id: null, refusal });
  const revoked = await world.key(tenant_id);
  await world.owner.query("SELECT * FROM revoke_key($1)", [revoked.key_id]);
  expect(await check(key_sha256, "read", true)).toEqual({ tenant_id, key_id, refusal: null });
  expect(await check(key_sha256, "admin", true)).toEqual(refused("scope-missing"));
  await setSwitch(world.owner, "halt");
  expect(await check(key_sha256, "admin", true)).toEqual(refused("read-only"));
  expect(await check(key_sha256, "admin", false)).toEqual(refused("scope-missing"));
  expect(await check(key_sha256, "read", false)).toMatchObject({ refusal: null });
  expect(await check("00".repeat(32), "admin", true)).toEqual(refused("unauthorized"));
  expect(await check(revoked.key_sha256, "read", true)).toEqual(refused("unauthorized"));
  await world.owner.query("UPDATE tenants SET status = 'suspended' WHERE tenant_id = $1", [tenant_id]);
  expect(await check(key_sha256, "read", true)).toEqual(refused("unauthorized"));
  await world.owner.query("UPDATE tenants SET status = 'active' WHERE tenant_id = $1", [tenant_id]);
  await setSwitch(world.owner, "normal");
});

it("calls its four listings", async () => {
  const { key_sha256 } = account;
  expect(await listOwnRuns(world.edge, key_sha256, { limit: 1 })).toMatchObject({ kind: "found" });
  const transfers = await listOwnTransfers(world.edge, key_sha256, { kinds: ["GRANT"], limit: 1 });
  expect(transfers).toMatchObject({ kind: "found", transfers: [{ kind: "GRANT" }] });
  const day = { from: "2026-01-01", to: "2026-01-01", group_by: "day" } as const;
  expect(await findUsage(world.edge, key_sha256, day)).toEqual({
    kind: "found",
    lines: [],
    complete_through: expect.stringMatching(/^\d{4}-\d\d-\d\d$/),
  });
  expect(await findPlan(world.edge, key_sha256)).toMatchObject({ kind: "found" });
});

it("reads the inputs of its own run", async () => {
  const found = await findRunWithInputs(world.edge, account.key_sha256, run_id);
  expect(found).toMatchObject({ kind: "found", inputs: "{}", run: { run_id, tenant_id: account.tenant_id } });
  const other = await world.account();
  expect(await findRunWithInputs(world.edge, other.key_sha256, run_id)).toEqual({ kind: "absent" });
});
