import { randomUUID } from "node:crypto";
import { PutObjectCommand, S3Client } from "@aws-sdk/client-s3";
import { afterAll, beforeAll, describe, expect, inject, it } from "vitest";
import { micros } from "#core/domain/money.ts";
import { dispositionOf } from "#core/domain/object-metadata.ts";
import { receiptMetadata, resultKey } from "#core/domain/receipt.ts";
import { clawbackCredit } from "#core/store/ledger/clawback-credit.ts";
import { listFindings } from "#core/store/audit/list-findings.ts";
import { showRun } from "#core/store/runs/show-run.ts";
import { awsClient } from "../../backend/drivers/aws-client.ts";
import { claimed, complete, freeze, queued, type Work } from "./support/close-work.ts";
import { type CliWorld, createCliWorld } from "./support/cli-world.ts";
import type { Account } from "../dev/add-tenant.ts";
import { balanceOf, type MoneyWorld } from "./support/money-world.ts";
import { awsSettings } from "../dev/aws-settings.ts";

const stack = inject("stack");
const aws = awsSettings(stack);

let cli: CliWorld;
let world: MoneyWorld;
beforeAll(async () => {
  cli = await createCliWorld();
  ({ world } = cli);
});
afterAll(() => cli.close());

/** A command's exit code and its JSON. */
async function run(...args: string[]): Promise<{ code: number; json: Record<string, unknown> }> {
  const { code, out } = await cli.dpp(...args, "--json");
  return { code, json: JSON.parse(out) as Record<string, unknown> };
}

const open = (account: Account) => listFindings(world.owner, account.tenant_id);
const show = ({ run_id }: Work) => showRun(world.owner, run_id);

async function completed(account: Account): Promise<Work> {
  const work = await claimed(world, account);
  expect(await complete(world, work, 7_000)).toBeDefined();
  return work;
}

describe("dpp audit", () => {
  it("says what it added up, of all and of one tenant, and exits with 0 where it adds up", async () => {
    const account = await world.account();
    await completed(account);
    await queued(world, account);
    const other = await world.account();
    const one = await run("audit", "--tenant", account.tenant_id);
    expect(one).toEqual({
      code: 0,
      json: {
        tenants: 1,
        transfers: 5,
        runs: 2,
        receipts: null,
        granted_usd: "1.0000",
        charged_usd: "0.0070",
        reserved_usd: "0.0100",
        available_usd: "0.9830",
        seconds: expect.any(Number),
        new_findings: 0,
        moved_on: 0,
        findings: [],
      },
    });
    const all = await run("audit");
    expect(all).toMatchObject({ code: 0, json: { tenants: 2, transfers: 6, runs: 2, granted_usd: "2.0000" } });
    const { code, out } = await cli.dpp("audit", "--tenant", other.tenant_id);
    expect(code).toBe(0);
    expect(out).toMatch(/^transfers +1$/m);
    expect(out).toMatch(/^findings +0 new, 0 open$/m);
  });

  it.each([
    [1, ["--tenant", "01930000-0000-7000-8000-000000000000"]],
    [2, ["--nonsense"]],
  ])("exits with %i on %j", async (code, args) => {
    expect(await cli.dpp("audit", ...args)).toMatchObject({ code, out: "", err: expect.stringContaining("error: ") });
  });

  it("exits with 1 on a finding, freezes its run, and goes on telling of it until a person has resolved it", async () => {
    const account = await world.account();
    const work = await completed(account);
    const owner = ["audit", "--tenant", account.tenant_id];
    await world.owner.query("UPDATE ledger_transfers SET amount_micros = 7001 WHERE run_id = $1 AND kind = 'CHARGE'", [
      work.run_id,
    ]);
    expect(await run(...owner)).toMatchObject({ code: 1, json: { new_findings: 2 } });
    expect(await show(work)).toMatchObject({ status: "COMPLETED", money_state: "AUDIT_REQUIRED" });
    await world.owner.query("UPDATE ledger_transfers SET amount_micros = 7000 WHERE run_id = $1 AND kind = 'CHARGE'", [
      work.run_id,
    ]);
    const { code, out } = await cli.dpp(...owner);
    expect(code).toBe(1);
    expect(out).toMatch(/^findings +0 new, 2 open$/m);
    expect(out).toMatch(new RegExp(`run-books .* ${work.run_id} COMPLETED, AUDIT_REQUIRED `));

    const { findings } = await cli.json("findings", "--tenant", account.tenant_id);
    for (const { finding_id } of findings as { finding_id: string }[]) {
      const resolved = await cli.json("findings", "resolve", finding_id, "--note", "mended by hand");
      expect(resolved).toMatchObject({ finding_id, tenant_id: account.tenant_id, note: "mended by hand" });
    }
    expect(await show(work)).toMatchObject({ status: "COMPLETED", money_state: "SETTLED" });
    expect(await cli.dpp("findings")).toMatchObject({ code: 0, out: "there is no open finding\n" });
    const again = await cli.dpp("findings", "resolve", "1", "--note", "again");
    expect(again).toMatchObject({ code: 1, err: expect.stringContaining("no open finding 1") });
  });

  it("compares the receipts in S3 with their runs when it is asked to", async () => {
    const account = await world.account();
    const works = [await completed(account), await completed(account), await completed(account)];
    const [good, cheap] = works as [Work, Work, Work];
    const s3 = new S3Client(awsClient(aws, stack.s3Endpoint, { request_ms: 10_000, attempts: 3 }));
    for (const [{ run_id, finalize_token }, cost] of [
      [good, 7_000],
      [cheap, 6_999],
    ] as const) {
      const receipt = { cost: micros(cost), sha256: "ef".repeat(32), finalize_token, bytes: 123, reliability: 0.9 };
      const Key = resultKey(account.tenant_id, run_id, 1);
      const ContentDisposition = dispositionOf(receiptMetadata(receipt));
      await s3.send(new PutObjectCommand({ Bucket: stack.bucket, Key, Body: "{}", ContentDisposition }));
    }
    s3.destroy();
    const args = ["audit", "--tenant", account.tenant_id, "--receipts", "--json"];
    const refused = await cli.dpp(...args);
    expect(refused).toMatchObject({ code: 2, err: "", out: expect.stringContaining("AWS_REGION and S3_BUCKET") });
    const env = { ...cli.stores, ...aws, S3_ENDPOINT: stack.s3Endpoint, S3_BUCKET: stack.bucket };
    const { code, out } = await cli.run(args, { env });
    expect(code).toBe(1);
    expect(JSON.parse(out)).toMatchObject({ receipts: 3 });
    // In the order of their idempotency keys.
    const { findings } = JSON.parse(out);
    expect(findings).toHaveLength(2);
    expect(findings).toEqual(
      expect.arrayContaining([
        expect.objectContaining({ run_id: cheap.run_id, detail: expect.objectContaining({ wrong: ["cost"] }) }),
        expect.objectContaining({ run_id: works[2]?.run_id, detail: expect.objectContaining({ wrong: ["missing"] }) }),
      ]),
    );
    expect(await show(good)).toMatchObject({ money_state: "SETTLED" });
    expect(await show(cheap)).toMatchObject({ money_state: "AUDIT_REQUIRED" });
  });
});

describe("dpp run decide", () => {
  it("ends a frozen run whose money is held, once, at the charge that a person names", async () => {
    const account = await world.account();
    const work = await claimed(world, account);
    await freeze(world, work);
    const [finding] = await open(account);
    const held = await cli.dpp("findings", "resolve", finding?.finding_id ?? "", "--note", "x");
    expect(held).toMatchObject({ code: 1, err: expect.stringContaining(`dpp run decide ${work.run_id}`) });

    const decide = (charge: string) =>
      cli.dpp("run", "decide", work.run_id, "--charge", charge, "--note", "its object");
    expect(await decide("0.010001")).toMatchObject({ code: 1, err: expect.stringContaining("can be charged no more") });
    const done = await decide("0.0030");
    expect(done).toMatchObject({ code: 0, out: expect.stringContaining("0.0030 of 0.0100 USD charged") });
    expect(await show(work)).toMatchObject({
      status: "FAILED",
      money_state: "SETTLED",
      charged_micros: 3_000,
      reason_code: "DECIDED_BY_OPERATOR",
    });
    const after = { granted: 1_000_000, charged: 3_000, reserved: 0, available: 997_000, open_runs: 0 };
    expect(await balanceOf(world, account)).toEqual(after);
    expect(await open(account)).toEqual([]);
    expect(await world.imbalances()).toEqual([]);
    expect(await decide("0")).toMatchObject({ code: 1, err: expect.stringContaining("is FAILED, SETTLED") });
    const running = await claimed(world, account);
    const early = await cli.dpp("run", "decide", running.run_id, "--charge", "0", "--note", "x");
    expect(early).toMatchObject({ code: 1, err: expect.stringContaining("is PROCESSING, RESERVED") });
  });
});

describe("dpp clawback", () => {
  it("takes credit back once per id, never below zero, and what is missing is a finding", async () => {
    const account = await world.account();
    await queued(world, account);
    const clawback = (id: string, amount = "0.6") =>
      run("clawback", "--tenant", account.tenant_id, "--usd", amount, "--id", id, "--reason", "dispute");
    const [first, second, third] = [randomUUID(), randomUUID(), randomUUID()];
    expect(await clawback(first)).toMatchObject({
      code: 0,
      json: { taken_usd: "0.6000", missing_usd: "0.0000", already_taken: false, available_usd: "0.3900" },
    });
    expect(await clawback(first)).toMatchObject({ json: { taken_usd: "0.6000", already_taken: true } });
    expect(await clawback(second)).toMatchObject({ json: { taken_usd: "0.3900", missing_usd: "0.2100" } });
    expect(await clawback(third)).toMatchObject({ json: { taken_usd: "0.0000", missing_usd: "0.6000" } });
    await cli.json("grant", "--tenant", account.tenant_id, "--usd", "5", "--id", randomUUID());
    expect(await clawback(second)).toMatchObject({ json: { taken_usd: "0.3900", already_taken: true } });
    expect(await clawback(third)).toMatchObject({ json: { taken_usd: "0.0000", available_usd: "5.0000" } });
    expect((await open(account)).map(({ kind }) => kind)).toEqual(["clawback-short", "clawback-short"]);
    expect(await world.imbalances()).toEqual([]);
    expect(await balanceOf(world, account)).toMatchObject({ granted: 5_010_000, available: 5_000_000 });
  });

  it.each([
    ["an id that took another amount", (id: string, mine: string) => [mine, "0.7", id]],
    ["an id that took from another tenant", (id: string, _: string, other: string) => [other, "0.6", id]],
    ["no tenant", () => [randomUUID(), "0.6", randomUUID()]],
  ])("refuses %s", async (_, wrong) => {
    const [account, other] = [await world.account(), await world.account()];
    const clawback_id = randomUUID();
    await clawbackCredit(world.owner, { tenant_id: account.tenant_id, clawback_id, amount: micros(600_000) });
    const [tenant_id = "", amount = "", id = ""] = wrong(clawback_id, account.tenant_id, other.tenant_id);
    expect(
      await cli.dpp("clawback", "--tenant", tenant_id, "--usd", amount, "--id", id, "--reason", "dispute"),
    ).toMatchObject({
      code: 1,
      out: "",
    });
    expect(await balanceOf(world, account)).toMatchObject({ available: 400_000 });
    expect(await balanceOf(world, other)).toMatchObject({ available: 1_000_000 });
  });

  it("takes once when many come with the same id at the same moment, for two tenants", async () => {
    const accounts = [await world.account(), await world.account({ funds: 0 })];
    const clawback_id = randomUUID();
    const answers = await Promise.all(
      Array.from({ length: 12 }, (_, index) => {
        const { tenant_id } = accounts[index % 2] as Account;
        return clawbackCredit(world.owner, { tenant_id, clawback_id, amount: micros(600_000) });
      }),
    );
    expect(answers.filter((answer) => answer?.already === false)).toHaveLength(1);
    expect(new Set(answers.map((answer) => answer?.tenant_id)).size).toBe(1);
  });
});
