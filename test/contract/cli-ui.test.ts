import { randomUUID } from "node:crypto";
import { afterAll, beforeAll, expect, it } from "vitest";
import { runCli } from "../../backend/cli/run.ts";
import { type CliWorld, createCliWorld } from "./support/cli-world.ts";
import { claimed, freeze } from "./support/close-work.ts";

interface Answer {
  readonly ok: boolean;
  readonly answer?: Readonly<Record<string, unknown>>;
  readonly message?: string;
}

let cli: CliWorld;
let origin: string;
let session: string;
let ended: Promise<number>;
const stop = new AbortController();

beforeAll(async () => {
  cli = await createCliWorld();
  const printed = Promise.withResolvers<string>();
  const terminal = { out: (text: string) => printed.resolve(text), err: () => undefined, stop: stop.signal };
  ended = runCli(["ui", "--json"], { ...terminal, env: { ...cli.stores, DPP_OPERATOR: "Ada" } });
  const address = new URL((JSON.parse(await printed.promise) as { address: string }).address);
  ({ origin } = address);
  ({ session } = (await post("/session", { token: address.hash.slice(1) })) as { session: string });
});
afterAll(async () => {
  stop.abort();
  expect(await ended).toBe(0);
  expect(await cli.world.imbalances()).toEqual([]);
  await cli.close();
});

async function post(path: string, body: unknown): Promise<unknown> {
  const headers = {
    Origin: origin,
    "Content-Type": "application/json",
    ...(path === "/session" ? {} : { Authorization: `Bearer ${session}` }),
  };
  const answer = await fetch(origin + path, { method: "POST", headers, body: JSON.stringify(body) });
  expect(answer.status).toBe(200);
  return answer.json();
}

const give = (command: string, given: object, change?: object): Promise<Answer> =>
  post("/command", { command, arguments: given, ...(change && { change }) }) as Promise<Answer>;
const form = (reason: string) => ({ request_id: randomUUID(), dry_run: false, reason });
const available = async (tenant: string) => (await cli.json("balance", "--tenant", tenant))["available_usd"];

it("tries a grant first, makes it once however often it is sent, and records it as the terminal does", async () => {
  const tenant = await cli.tenant();
  const grant = { tenant, usd: "5", id: `invoice ${tenant}` };
  const change = form("paid by transfer");
  const tried = await give("grant", grant, { ...change, dry_run: true });
  expect(tried).toMatchObject({ ok: true, answer: { dry_run: true, answer: { available_usd: "5.0000" } } });
  expect(await available(tenant)).toBe("0.0000");

  const [first, second] = await Promise.all([give("grant", grant, change), give("grant", grant, change)]);
  expect(first).toMatchObject({ ok: true, answer: { amount_usd: "5.0000", already_granted: false } });
  expect(second).toEqual(first);
  expect(await give("grant", { ...grant, usd: "6" }, change)).toMatchObject({ ok: false, kind: "arguments" });
  expect(await available(tenant)).toBe("5.0000");
  expect(await give("credit list", { tenant })).toMatchObject({
    answer: { credit: [{ kind: "GRANT", grant_id: grant.id, amount_usd: "5.0000" }] },
  });

  await cli.json("grant", "--tenant", tenant, "--usd", "5", "--id", grant.id, "--reason", "paid by transfer");
  const { actions } = (await cli.json("actions", "list", "--limit", "3")) as {
    actions: Readonly<Record<string, unknown>>[];
  };
  const [ofTerminal, ofPage, before] = actions;
  const same = { command: "grant", arguments: { tenant, usd: 5_000_000, id: grant.id }, reason: "paid by transfer" };
  expect(ofTerminal).toMatchObject({ ...same, outcome: "done" });
  expect(ofPage).toMatchObject({ ...same, outcome: "done", operator: "Ada" });
  expect(before?.["reason"]).not.toBe("paid by transfer");
});

it("takes a form again that was refused, and says the refusal in the CLI's words", async () => {
  const tenant = await cli.tenant();
  const change = form("asked for");
  const refused = await give("tenant close", { tenant }, change);
  expect(refused).toEqual({
    ok: false,
    kind: "refused",
    message: `tenant ${tenant} is active: suspend it first`,
  });
  expect(await give("tenant suspend", { tenant }, form("floods"))).toMatchObject({ answer: { status: "suspended" } });
  expect(await give("tenant close", { tenant }, change)).toMatchObject({ answer: { status: "closed" } });
});

it("decides a frozen run with its evidence", async () => {
  const account = await cli.world.account();
  const work = await claimed(cli.world, account);
  await freeze(cli.world, work);
  const listed = await give("findings list", { tenant: work.tenant_id });
  expect(listed.answer).toMatchObject({
    findings: [{ run_id: work.run_id, status: "PROCESSING", money_state: "AUDIT_REQUIRED", kind: "TEST", detail: {} }],
  });
  const decision = { run_id: work.run_id, charge: "0.004" };
  const change = form("half of it was delivered");
  const tried = await give("run decide", decision, { ...change, dry_run: true });
  expect(tried).toMatchObject({ answer: { dry_run: true, answer: { charged_usd: "0.0040", reserved_usd: "0.0100" } } });
  expect(await give("run show", { run_id: work.run_id })).toMatchObject({ answer: { run: { status: "PROCESSING" } } });
  expect(await give("run decide", decision, change)).toMatchObject({ answer: { status: "FAILED" } });
  expect(await give("findings list", { tenant: work.tenant_id })).toMatchObject({ answer: { findings: [] } });
});
