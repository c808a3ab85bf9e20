import { eventually } from "../support/eventually.ts";
import { expect, test } from "vitest";
import { setSwitch } from "#core/store/switch/set-switch.ts";
import audit from "../contract/support/ledger-audit.sql";
import { acceptedRun, cancelRun, post, problemOf } from "./client.ts";
import type { Account } from "../dev/add-tenant.ts";
import { lentWorld, type World } from "./harness.ts";

type Given = Account & { readonly run_id: string };

async function submittedTo(world: World): Promise<Given> {
  const account = await world.account();
  return { ...account, run_id: acceptedRun(await post({ url: world.url, api_key: account.api_key })).run_id };
}

const cancel = ({ url }: World, { run_id, api_key }: Given) => cancelRun(`${url}/v1/runs/${run_id}`, api_key);

test("halted, a cancel is refused and the run is as it was; read-only, it is taken", async () => {
  await using other = await lentWorld();
  const given = await submittedTo(other);
  await setSwitch(other.owner, "halt");
  const refused = await cancel(other, given);
  expect(problemOf(refused, 503, "read-only").detail).toContain("The run is unchanged");
  expect(refused.headers.get("retry-after")).toBe("60");
  await setSwitch(other.owner, "read-only");
  expect((await cancel(other, given)).body).toMatchObject({ status: "CANCELED", money_state: "REFUNDED" });
});

test("with Redis away Postgres alone decides, and the log says that the mirror was not told", async () => {
  await using other = await lentWorld();
  const given = await submittedTo(other);
  const reader = await other.key(given.tenant_id, { scopes: ["read"] });
  const stranger = await other.account();
  await other.stopRedis();
  problemOf(await cancel(other, { ...given, api_key: reader.api_key }), 403, "scope-missing");
  problemOf(await cancel(other, { ...given, api_key: stranger.api_key }), 404, "not-found");
  const answer = await cancel(other, given);
  expect(answer.status, answer.text).toBe(200);
  expect(answer.headers.has("ratelimit")).toBe(false);
  await eventually(() => expect(other.logs.join()).toContain("settle failed"));
  expect(await other.owner.query(audit, [])).toEqual([]);
});

test("with Postgres away the shield's word on the scope stands", async () => {
  await using other = await lentWorld();
  const given = await submittedTo(other);
  const reader = await other.key(given.tenant_id, { scopes: ["read"] });
  const refused = () => cancel(other, { ...given, api_key: reader.api_key });
  problemOf(await refused(), 403, "scope-missing");
  await other.stopPostgres();
  problemOf(await refused(), 403, "scope-missing");
});

test("with Postgres away its outcome is unknown, and the caller is told when to ask again", async () => {
  await using other = await lentWorld();
  const given = await submittedTo(other);
  await other.stopPostgres();
  const refused = await cancel(other, given);
  problemOf(refused, 503, "unavailable");
  expect(Number(refused.headers.get("retry-after"))).toBeGreaterThan(0);
  expect(await other.mirror.openRuns(given)).toEqual([given.run_id]);
});
