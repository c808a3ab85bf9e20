import { randomUUID } from "node:crypto";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type CliWorld, createCliWorld, text } from "./support/cli-world.ts";
import { submission } from "./support/money-world.ts";

let cli: CliWorld;
let dpp: CliWorld["dpp"];
let json: CliWorld["json"];

beforeAll(async () => {
  cli = await createCliWorld();
  ({ dpp, json } = cli);
});
afterAll(() => cli.close());

describe("dpp tenant list", () => {
  it("says that there is none, then shows each with its plan and what it has, oldest first", async () => {
    expect(await dpp("tenant", "list")).toEqual({ code: 0, out: "there is no tenant\n", err: "" });
    const rich = await cli.tenant({ usd: "12.5" });
    const { tenant_id: poor } = await json("tenant", "create", "--name", "Bob");
    expect(await json("tenant", "list")).toEqual({
      tenants: [
        { tenant_id: rich, name: "Ada", plan: "cli", status: "active", available_usd: "12.5000" },
        { tenant_id: poor, name: "Bob", plan: null, status: "active", available_usd: "0.0000" },
      ],
    });
    const { out } = await dpp("tenant", "list");
    expect(out).toMatch(new RegExp(`^${rich} +Ada +cli +active +12\\.5000$`, "m"));
    expect(out).toMatch(new RegExp(`^${text(poor)} +Bob +none +active +0\\.0000$`, "m"));
  });
});

describe("dpp run list", () => {
  const listed = async (...args: string[]): Promise<string[]> => {
    const { runs } = (await json("run", "list", ...args)) as { runs: { run_id: string }[] };
    return runs.map(({ run_id }) => run_id);
  };

  it("shows a tenant's own runs, newest first, of one status, so many", async () => {
    const account = await cli.world.account();
    const other = await cli.world.account();
    const made: string[] = [];
    for (const owner of [account, account, other, account]) {
      const run = submission(owner);
      expect(await cli.world.submit(run)).toMatchObject({ outcome: "inserted" });
      if (owner === account) made.unshift(run.run_id);
    }
    const mine = ["--tenant", account.tenant_id];
    expect(await listed(...mine)).toEqual(made);
    expect(await listed(...mine, "--limit", "2")).toEqual(made.slice(0, 2));
    expect(await listed(...mine, "--status", "queued", "--limit", "1")).toEqual(made.slice(0, 1));
    expect(await listed(...mine, "--status", "COMPLETED")).toEqual([]);
    expect(await json("run", "list", ...mine, "--limit", "1")).toEqual({
      tenant_id: account.tenant_id,
      runs: [
        {
          run_id: made[0],
          pack_type: "decision",
          status: "QUEUED",
          money_state: "RESERVED",
          cost: { reserved_usd: "0.0100", actual_usd: null },
          error: null,
          created_at: expect.any(String),
          finished_at: null,
        },
      ],
      next_before: null,
    });
    const { out } = await dpp("run", "list", ...mine);
    expect(out).toMatch(new RegExp(`^${made[0]} +decision +QUEUED +RESERVED +0\\.0100 `, "m"));
  });

  it("goes on before a run, and before an unknown one shows none", async () => {
    const account = await cli.world.account();
    const [first, second] = [submission(account), submission(account)];
    for (const run of [first, second]) expect(await cli.world.submit(run)).toMatchObject({ outcome: "inserted" });
    const mine = ["--tenant", account.tenant_id];
    expect(await listed(...mine, "--before", second.run_id)).toEqual([first.run_id]);
    expect(await listed(...mine, "--before", second.run_id, "--status", "QUEUED")).toEqual([first.run_id]);
    expect(await listed(...mine, "--before", randomUUID())).toEqual([]);
  });

  it("looks at 20,000 runs at most for those of a status, and says where to go on", async () => {
    const account = await cli.world.account();
    const run = submission(account);
    expect(await cli.world.submit(run)).toMatchObject({ outcome: "inserted" });
    await cli.world.owner.query(
      `INSERT INTO runs SELECT (r).* FROM (
         SELECT jsonb_populate_record(r, jsonb_build_object('run_id', gen_random_uuid(), 'idempotency_key', n::text,
           'status', CASE n WHEN 20050 THEN 'FAILED' ELSE 'CANCELED' END, 'money_state', 'REFUNDED',
           'created_at', r.created_at - make_interval(secs => n))) AS r
           FROM runs r, generate_series(1, 20100) n WHERE r.run_id = $1) AS made`,
      [run.run_id],
    );
    const failed = ["--tenant", account.tenant_id, "--status", "FAILED"];
    const first = (await json("run", "list", ...failed)) as { runs: unknown[]; next_before: string };
    expect(first.runs).toEqual([]);
    expect((await dpp("run", "list", ...failed)).out).toBe(
      `20000 runs were read, and there may be more: --before ${first.next_before}\n`,
    );
    const second = await json("run", "list", ...failed, "--before", first.next_before);
    expect(second).toMatchObject({ runs: [{ status: "FAILED" }], next_before: null });
    expect(await listed("--tenant", account.tenant_id, "--status", "QUEUED")).toEqual([run.run_id]);
  });

  it("tells a tenant without runs from no tenant", async () => {
    const tenant_id = await cli.tenant();
    expect(await dpp("run", "list", "--tenant", tenant_id)).toMatchObject({ code: 0, out: "the tenant has no run\n" });
    const failed = await dpp("run", "list", "--tenant", tenant_id, "--status", "FAILED");
    expect(failed).toMatchObject({ code: 0, out: "the tenant has no FAILED run\n" });
    const nobody = await dpp("run", "list", "--tenant", randomUUID());
    expect(nobody).toMatchObject({ code: 1, out: "", err: expect.stringContaining("there is no tenant") });
  });
});
