import { randomUUID } from "node:crypto";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { micros } from "#core/domain/money.ts";
import { grantCredit } from "#core/store/ledger/grant-credit.ts";
import { type CliWorld, createCliWorld, sha256, text } from "./support/cli-world.ts";
import { type MoneyWorld, submission } from "./support/money-world.ts";

let cli: CliWorld;
let world: MoneyWorld;
let dpp: CliWorld["dpp"];
let json: CliWorld["json"];

beforeAll(async () => {
  cli = await createCliWorld();
  ({ world, dpp, json } = cli);
});
afterAll(async () => {
  expect(await world.imbalances()).toEqual([]);
  await cli.close();
});

type Submission = ReturnType<typeof submission>;

interface Account {
  readonly tenant_id: string;
  readonly key_id: string;
  readonly key_sha256: string;
}

async function account(usd = "1"): Promise<Account> {
  const tenant_id = await cli.tenant({ usd });
  const key = await json("key", "create", "--tenant", tenant_id);
  return { tenant_id, key_id: text(key["key_id"]), key_sha256: sha256(key["api_key"]) };
}

const why = ["--reason", "asked for by the customer"];
const balanceOf = (tenant_id: string) => json("balance", "--tenant", tenant_id);

async function newest(limit = 1): Promise<Record<string, unknown>[]> {
  return (await json("actions", "list", "--limit", String(limit)))["actions"] as Record<string, unknown>[];
}

async function openRun(of: Account): Promise<Submission> {
  const made = submission(of);
  expect(await world.submit(made)).toMatchObject({ outcome: "inserted" });
  return made;
}

async function settledRun(of: Account, charge: number): Promise<Submission> {
  const made = await openRun(of);
  await world.owner.query(
    `WITH leased AS (UPDATE runs SET status = 'PROCESSING', lease_token = $2, version = version + 1 WHERE run_id = $1 RETURNING run_id)
     SELECT FROM leased`,
    [made.run_id, made.run_id],
  );
  await world.owner.query(
    "SELECT * FROM close_run($1, 'PROCESSING', NULL, $1, NULL, 'FAILED', $2, 'PACK_FAILED', 'x', NULL, NULL, NULL, NULL)",
    [made.run_id, String(charge)],
  );
  return made;
}

describe("the record of what operators change", () => {
  it("says who ran what, when, why and how it ended, without the API key", async () => {
    const tenant_id = await cli.tenant();
    const env = { ...cli.stores, DPP_OPERATOR: "ada@example.com" };
    const made = await cli.run(["key", "create", "--tenant", tenant_id, ...why, "--json"], { env });
    const { api_key, ...answer } = JSON.parse(made.out) as Record<string, unknown>;
    const [recorded] = await newest();
    expect(recorded).toMatchObject({
      operator: "ada@example.com",
      login: expect.stringMatching(/./),
      command: "key create",
      arguments: { tenant: tenant_id, scopes: ["submit", "read"], mode: "live" },
      reason: "asked for by the customer",
      outcome: "done",
      answer,
    });
    expect(JSON.stringify(recorded)).not.toContain(text(api_key));
    expect((await dpp("actions")).out).toMatch(/key create .*tenant=/);
  });

  it("keeps what was refused, and nothing of what only reads", async () => {
    const tenant_id = randomUUID();
    const before = await newest();
    await dpp("balance", "--tenant", tenant_id);
    expect(await newest()).toEqual(before);
    expect(await dpp("grant", "--tenant", tenant_id, "--usd", "1", "--id", tenant_id)).toMatchObject({ code: 1 });
    expect(await newest()).toMatchObject([
      { command: "grant", outcome: "refused", answer: { message: expect.stringContaining(tenant_id) }, reason: null },
    ]);
  });

  it("says nothing of an outcome that is unknown", async () => {
    const { tenant_id } = await account("1");
    const name = `slow_${randomUUID().slice(0, 8)}`;
    await world.owner.query(
      `CREATE FUNCTION ${name}() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION 'away' USING ERRCODE = '57P01'; END $$`,
      [],
    );
    await world.owner.query(
      `CREATE TRIGGER ${name} BEFORE INSERT ON ledger_transfers FOR EACH ROW WHEN (NEW.grant_id = '${name}') EXECUTE FUNCTION ${name}()`,
      [],
    );
    expect(await dpp("grant", "--tenant", tenant_id, "--usd", "5", "--id", name)).toMatchObject({ code: 1 });
    expect(await newest()).toMatchObject([{ command: "grant", outcome: null, answer: null }]);
  });

  it("begins nothing that it cannot record", async () => {
    const { tenant_id } = await account("1");
    const name = `unrecorded_${randomUUID().slice(0, 8)}`;
    await world.owner.query(
      `ALTER TABLE operator_actions ADD CONSTRAINT ${name} CHECK (arguments->>'id' IS DISTINCT FROM '${name}')`,
      [],
    );
    const refused = await dpp("grant", "--tenant", tenant_id, "--usd", "5", "--id", name);
    expect(refused.code).toBe(1);
    expect(await balanceOf(tenant_id)).toMatchObject({ granted_usd: "1.0000" });
  });
});

describe("dpp tenant", () => {
  it("suspends a tenant's keys and resumes them; open runs stay", async () => {
    const of = await account();
    const run = await openRun(of);
    expect(await json("tenant", "suspend", of.tenant_id, ...why)).toMatchObject({
      status: "suspended",
      status_before: "active",
    });
    expect(await world.submit(submission(of))).toMatchObject({ outcome: "unauthorized" });
    expect(await json("run", "show", run.run_id)).toMatchObject({ run: { status: "QUEUED" } });
    expect(await json("tenant", "resume", of.tenant_id, ...why)).toMatchObject({ status: "active" });
    expect(await world.submit(submission(of))).toMatchObject({ outcome: "inserted" });
  });

  it("closes a suspended tenant without credit and open runs, for good", async () => {
    const of = await account("0.01");
    const close = () => dpp("tenant", "close", of.tenant_id, ...why);
    const run = await openRun(of);
    expect((await close()).err).toContain("suspend it first");
    await json("tenant", "suspend", of.tenant_id, ...why);
    expect((await close()).err).toContain("1 open runs");
    await json("run", "cancel", run.run_id, ...why);
    expect((await close()).err).toContain("0.0100 USD of credit");
    await json("clawback", "--tenant", of.tenant_id, "--usd", "0.01", "--id", randomUUID(), ...why);
    expect(await close()).toMatchObject({ code: 0 });
    expect((await dpp("tenant", "resume", of.tenant_id, ...why)).err).toContain("closed for good");
    expect(await grantCredit(world.owner, { tenant_id: of.tenant_id, grant_id: randomUUID(), amount: micros(1) })).toBe(
      undefined,
    );
    expect((await dpp("grant", "--tenant", of.tenant_id, "--usd", "1", "--id", randomUUID())).err).toContain(
      "is closed",
    );
    expect(await balanceOf(of.tenant_id)).toMatchObject({ status: "closed", available_usd: "0.0000" });
  });

  it("needs a reason", async () => {
    expect(await dpp("tenant", "suspend", randomUUID())).toMatchObject({
      code: 2,
      err: expect.stringContaining("--reason"),
    });
  });
});

describe("dpp run", () => {
  it("cancels a queued and a working run at no cost", async () => {
    const of = await account();
    const queued = await openRun(of);
    const working = await openRun(of);
    await world.owner.query(
      "UPDATE runs SET status = 'PROCESSING', lease_token = run_id, version = version + 1 WHERE run_id = $1",
      [working.run_id],
    );
    for (const { run_id } of [queued, working]) {
      expect(await json("run", "cancel", run_id, ...why)).toMatchObject({ outcome: "canceled" });
      expect(await json("run", "cancel", run_id, ...why)).toMatchObject({ outcome: "already-canceled" });
      expect(await json("run", "show", run_id)).toMatchObject({
        run: { status: "CANCELED", cost: { actual_usd: "0.0000" } },
      });
    }
    expect(await balanceOf(of.tenant_id)).toMatchObject({ available_usd: "1.0000", open_runs: 0 });
  });

  it("does not cancel a run that is being finished, so that its end costs nothing more than it would have", async () => {
    const of = await account();
    const { run_id } = await openRun(of);
    await world.owner.query(
      `UPDATE runs SET status = 'PROCESSING', lease_token = run_id, finalize_stage = 'CLAIMED', finalize_token = run_id,
         claimed_at = now(), version = version + 1 WHERE run_id = $1`,
      [run_id],
    );
    expect((await dpp("run", "cancel", run_id, ...why)).err).toContain("is being finished");
    const [row] = await world.owner.query("SELECT cancel_requested FROM runs WHERE run_id = $1", [run_id]);
    expect(row).toEqual({ cancel_requested: false });
  });

  it("gives back a charge once, and never more than it", async () => {
    const of = await account();
    const { run_id } = await settledRun(of, 8_000);
    expect(await balanceOf(of.tenant_id)).toMatchObject({ charged_usd: "0.0080", available_usd: "0.9920" });
    expect((await dpp("run", "refund", run_id, "--usd", "0.0081", ...why)).err).toContain("was charged 0.0080 USD");
    expect(await json("run", "refund", run_id, "--usd", "0.003", ...why)).toMatchObject({ available_usd: "0.9950" });
    expect(await json("run", "refund", run_id, "--usd", "0.003", ...why)).toMatchObject({ already_granted: true });
    expect((await dpp("run", "refund", run_id, ...why)).err).toContain("was used already, for 0.0030 USD");
    expect(await balanceOf(of.tenant_id)).toMatchObject({ available_usd: "0.9950", charged_usd: "0.0080" });
    const open = await openRun(of);
    expect((await dpp("run", "refund", open.run_id, ...why)).err).toContain("nothing that could be given back");
  });
});

describe("dpp revenue", () => {
  it("adds up what finished runs were charged, by day and pack", async () => {
    const of = await account();
    await settledRun(of, 8_000);
    await settledRun(of, 5_000);
    await json("run", "cancel", (await openRun(of)).run_id, ...why);
    const found = await json("revenue", "--tenant", of.tenant_id);
    expect(found).toMatchObject({
      charged_usd: "0.0130",
      lines: [
        { pack_type: "decision", runs: 3, failed: 2, canceled: 1, completed: 0, tenants: 1, charged_usd: "0.0130" },
      ],
    });
    expect(Number((await json("revenue"))["charged_usd"])).toBeGreaterThanOrEqual(0.013);
    expect((await dpp("revenue", "--from", "2020-01-01", "--to", "2030-01-01")).err).toContain("at most 365 days");
  });
});

describe("dpp pack", () => {
  it("lets a part of the tenants use a pack, at the next submit, and takes it from nobody as the part grows", async () => {
    const accounts = await Promise.all(Array.from({ length: 8 }, () => account()));
    const taken = async (percent: number): Promise<readonly boolean[]> => {
      await json("pack", "set", "decision", "--percent", String(percent), ...why);
      const outcomes = await Promise.all(accounts.map((of) => world.submit(submission(of))));
      for (const { outcome } of outcomes) expect(["inserted", "pack-not-in-plan"]).toContain(outcome);
      return outcomes.map(({ outcome }) => outcome === "inserted");
    };
    try {
      const open = await openRun(accounts[0]!);
      const parts = [await taken(0), await taken(50), await taken(90), await taken(100)];
      expect(parts[0]).not.toContain(true);
      expect(parts[3]).not.toContain(false);
      for (const [index, part] of parts.slice(1).entries())
        for (const [of, was] of parts[index]!.entries()) if (was) expect(part[of]).toBe(true);
      expect(await json("run", "show", open.run_id)).toMatchObject({ run: { status: "QUEUED" } });
    } finally {
      await json("pack", "set", "decision", "--percent", "100", ...why);
    }
  });

  it("tells the edge and the shield the same as the submit", async () => {
    const of = await account();
    const included = async (): Promise<unknown> => {
      const [plan] = await world.edge.query("SELECT pack_types FROM find_plan($1)", [`\\x${of.key_sha256}`]);
      const [mirror] = await world.backend.query("SELECT plan FROM tenant_snapshot($1)", [of.tenant_id]);
      const mirrored = mirror?.["plan"] as { pack_types: string[]; version: string };
      expect(plan?.["pack_types"]).toEqual(mirrored.pack_types);
      return { has: mirrored.pack_types.includes("ocr"), version: BigInt(mirrored.version) };
    };
    const before = (await included()) as { has: boolean; version: bigint };
    await json("pack", "set", "ocr", "--percent", "0", ...why);
    const after = (await included()) as { has: boolean; version: bigint };
    await json("pack", "set", "ocr", "--percent", "100", ...why);
    expect([before.has, after.has, after.version > before.version]).toEqual([true, false, true]);
    expect(await included()).toMatchObject({ has: true });
    expect((await json("pack", "list"))["packs"]).toContainEqual(
      expect.objectContaining({ pack_type: "ocr", percent: 100 }),
    );
  });
});

describe("a dry run", () => {
  it("answers what would happen and changes nothing", async () => {
    const of = await account();
    const settled = await settledRun(of, 8_000);
    const open = await openRun(of);
    const before = [await balanceOf(of.tenant_id), await newest()];
    const answers = [
      await json("clawback", "--tenant", of.tenant_id, "--usd", "0.5", "--id", "dispute", ...why, "--dry-run"),
      await json("run", "refund", settled.run_id, ...why, "--dry-run"),
      await json("run", "cancel", open.run_id, ...why, "--dry-run"),
      await json("key", "revoke", of.key_id, "--dry-run"),
    ];
    expect(answers).toMatchObject([
      { dry_run: true, answer: { taken_usd: "0.5000", available_usd: "0.4820" } },
      { dry_run: true, answer: { amount_usd: "0.0080" } },
      { dry_run: true, answer: { outcome: "canceled" } },
      { dry_run: true, answer: { status: "revoked" } },
    ]);
    expect([await balanceOf(of.tenant_id), await newest()]).toEqual(before);
    expect(await json("run", "show", open.run_id)).toMatchObject({ run: { status: "QUEUED" } });
    expect(await world.submit(submission(of))).toMatchObject({ outcome: "inserted" });
  });
});

describe("errors of the operators' command", () => {
  it("are JSON where JSON was asked for", async () => {
    const tenant_id = randomUUID();
    const refused = await dpp("balance", "--tenant", tenant_id, "--json");
    expect(refused).toMatchObject({ code: 1, err: "" });
    expect(JSON.parse(refused.out)).toEqual({ error: { kind: "refused", message: `there is no tenant ${tenant_id}` } });
    const wrong = await dpp("balance", "--tenant", "x", "--json");
    expect(wrong).toMatchObject({ code: 2, err: "" });
    expect(JSON.parse(wrong.out)).toEqual({
      error: { kind: "arguments", message: '--tenant must be a UUID (it is "x")' },
    });
    const nowhere = await cli.run(["tenant", "list", "--json"], { env: {} });
    expect(nowhere).toMatchObject({ code: 2, err: "" });
    expect(JSON.parse(nowhere.out)).toMatchObject({ error: { kind: "environment" } });
  });

  it("name every fault of the arguments at once", async () => {
    const wrong = await dpp("clawback", "--tenant", "x", "--usd", "-1", "--colour");
    expect(wrong).toMatchObject({ code: 2, out: "" });
    for (const part of [
      "--tenant must be",
      "--usd must be",
      "unknown option '--colour'",
      "--id <clawback id>",
      "--reason <text>",
    ])
      expect(wrong.err).toContain(part);
    expect(wrong.err.trim().split("\n")).toHaveLength(5);
  });

  it("print the version", async () => {
    expect(await dpp("--version")).toMatchObject({ code: 0, out: "0.1.0\n" });
  });
});
