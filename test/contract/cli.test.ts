import { randomUUID } from "node:crypto";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { micros } from "#core/domain/money.ts";
import { admit } from "#core/store/redis/admit.ts";
import { type CliWorld, createCliWorld, sha256 } from "./support/cli-world.ts";
import { type MoneyWorld, newRunId, submission } from "./support/money-world.ts";

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

describe("dpp", () => {
  it("takes a tenant from its creation to a paid run", async () => {
    const tenant_id = await cli.tenant();
    const key = await json("key", "create", "--tenant", tenant_id, "--name", "first", "--mode", "test");
    expect(key).toMatchObject({ tenant_id, name: "first", mode: "test", scopes: ["submit", "read"], expires_at: null });
    await json("grant", "--tenant", tenant_id, "--usd", "25.0000", "--id", `invoice ${tenant_id}`);
    const made = submission({ key_sha256: sha256(key["api_key"]) });
    expect(await world.submit(made)).toMatchObject({ outcome: "inserted" });
    expect(await json("balance", "--tenant", tenant_id)).toEqual({
      tenant_id,
      name: "Ada",
      status: "active",
      plan: "cli",
      available_usd: "24.9900",
      reserved_usd: "0.0100",
      charged_usd: "0.0000",
      granted_usd: "25.0000",
      open_runs: 1,
    });
    expect(await json("run", "show", made.run_id)).toMatchObject({
      run: {
        run_id: made.run_id,
        tenant_id,
        status: "QUEUED",
        money_state: "RESERVED",
        cost: { reserved_usd: "0.0100", actual_usd: null },
        error: null,
      },
      ledger: [{ kind: "RESERVE", debit: "available", credit: "reserved", amount_usd: "0.0100" }],
    });
    const shown = await dpp("run", "show", made.run_id);
    expect(shown.out).toMatch(/RESERVE +available +reserved +0\.0100/);
  });

  it("tells the shield of a tenant's plan, credit and keys", async () => {
    const tenant_id = await cli.tenant();
    const { api_key } = await json("key", "create", "--tenant", tenant_id);
    await json("grant", "--tenant", tenant_id, "--usd", "1", "--id", randomUUID());
    const ask = (reserve: number) =>
      admit(cli.shield.redis, {
        tenant_id,
        key_sha256: sha256(api_key),
        idempotency_sha256: sha256(randomUUID()),
        run_id: newRunId(),
        payload_sha256: "ab".repeat(32),
        reserve: micros(reserve),
        price: micros(0),
        pack_type: "decision",
      });
    expect(await ask(1_000_001)).toMatchObject({ kind: "NO_BUDGET", available: 1_000_000 });
    expect(await ask(1_000_000)).toMatchObject({ kind: "RESERVED" });
    await json("plan", "define", "small", "--max-cost-usd", "0.5");
    await json("plan", "set", "--tenant", tenant_id, "--plan", "small");
    expect(await ask(500_001)).toMatchObject({ kind: "COST_OVER_PLAN_LIMIT", limit: 500_000 });
    expect(await json("plan", "define", "small", "--max-cost-usd", "0.4")).toMatchObject({ created: false });
    expect(await ask(400_001)).toMatchObject({ kind: "COST_OVER_PLAN_LIMIT", limit: 400_000 });
  });
});

describe("dpp plan", () => {
  it("changes only what is named", async () => {
    const created = await json(
      "plan",
      "define",
      "narrow",
      "--submit-per-minute",
      "7",
      "--packs",
      "url",
      "--retention-days",
      "3",
    );
    expect(created).toEqual({
      created: true,
      plan_id: "narrow",
      submit_per_minute: 7,
      submit_burst: 10,
      read_per_minute: 600,
      read_burst: 100,
      max_open_runs: 10,
      max_cost_usd: "10.0000",
      packs: ["url"],
      retention_days: 3,
    });
    const changed = await json("plan", "define", "narrow", "--read-burst", "5");
    expect(changed).toEqual({ ...created, created: false, read_burst: 5 });
    const { created: _, ...listed } = changed;
    expect(await json("plan", "list")).toMatchObject({ plans: expect.arrayContaining([{ ...listed, tenants: 0 }]) });
  });

  it("refuses a tenant or a plan that is not there", async () => {
    const tenant_id = await cli.tenant();
    expect(await dpp("plan", "set", "--tenant", tenant_id, "--plan", "nowhere")).toMatchObject({
      code: 1,
      out: "",
      err: expect.stringContaining("no plan nowhere"),
    });
    expect(await dpp("plan", "set", "--tenant", randomUUID(), "--plan", "cli")).toMatchObject({
      code: 1,
      err: expect.stringContaining("no tenant"),
    });
    expect(await dpp("tenant", "create", "--name", "x", "--plan", "nowhere")).toMatchObject({ code: 1 });
  });
});

describe("dpp grant", () => {
  it("adds, and the same grant again changes nothing", async () => {
    const tenant_id = await cli.tenant();
    const id = `pi_${randomUUID()}`;
    const first = await json("grant", "--tenant", tenant_id, "--usd", "25.0000", "--id", id);
    expect(first).toEqual({
      tenant_id,
      grant_id: id,
      amount_usd: "25.0000",
      already_granted: false,
      available_usd: "25.0000",
    });
    expect(await json("grant", "--tenant", tenant_id, "--usd", "25", "--id", id)).toEqual({
      ...first,
      already_granted: true,
    });
    await json("grant", "--tenant", tenant_id, "--usd", "0.000001", "--id", `${id} b`);
    expect(await json("balance", "--tenant", tenant_id)).toMatchObject({
      granted_usd: "25.000001",
      available_usd: "25.000001",
    });
  });

  it("refuses a grant id that was used for another amount or tenant, or no tenant at all", async () => {
    const [one, two] = [await cli.tenant(), await cli.tenant()];
    const id = randomUUID();
    await json("grant", "--tenant", one, "--usd", "25", "--id", id);
    expect(await dpp("grant", "--tenant", one, "--usd", "25.0001", "--id", id)).toMatchObject({
      code: 1,
      out: "",
      err: expect.stringContaining("used already"),
    });
    expect(await dpp("grant", "--tenant", two, "--usd", "25", "--id", id)).toMatchObject({ code: 1, out: "" });
    expect(await dpp("grant", "--tenant", randomUUID(), "--usd", "25", "--id", randomUUID())).toMatchObject({
      code: 1,
      err: expect.stringContaining("no tenant"),
    });
    expect(await json("balance", "--tenant", one)).toMatchObject({ granted_usd: "25.0000" });
    expect(await json("balance", "--tenant", two)).toMatchObject({ granted_usd: "0.0000" });
  });

  it("names the limit of what an account may be granted in all, and grants nothing above it", async () => {
    const tenant_id = await cli.tenant();
    const give = (usd: string) => dpp("grant", "--tenant", tenant_id, "--usd", usd, "--id", randomUUID());
    const refused = await give("9007199254.740992");
    expect(refused).toMatchObject({ code: 2, out: "", err: expect.stringContaining("at most 9007199254.740991") });
    expect(await give("9007199254.740990")).toMatchObject({ code: 0 });
    expect(await give("0.000002")).toMatchObject({
      code: 1,
      out: "",
      err: expect.stringMatching(/9007199254\.740991 USD in all.*granted 9007199254\.740990 USD; nothing was granted/),
    });
    expect((await Promise.all([give("0.000001"), give("0.000001")])).map(({ code }) => code).toSorted()).toEqual([
      0, 1,
    ]);
    expect(await json("balance", "--tenant", tenant_id)).toMatchObject({ granted_usd: "9007199254.740991" });
  });

  it("grants once when ten come with the same grant id at the same moment", async () => {
    const tenant_id = await cli.tenant();
    const id = randomUUID();
    const answers = await Promise.all(
      Array.from({ length: 10 }, () => dpp("grant", "--tenant", tenant_id, "--usd", "3", "--id", id, "--json")),
    );
    expect(answers.map(({ code }) => code)).toEqual(Array(10).fill(0));
    const fresh = answers.filter(({ out }) => !(JSON.parse(out) as { already_granted: boolean }).already_granted);
    expect(fresh).toHaveLength(1);
    expect(await json("balance", "--tenant", tenant_id)).toMatchObject({ granted_usd: "3.0000" });
  });
});

describe("dpp switch", () => {
  it("is turned and shown", async () => {
    expect(await json("switch", "show")).toMatchObject({ mode: "normal" });
    try {
      expect(await json("switch", "set", "read-only", "--reason", "drill")).toMatchObject({ mode: "read-only" });
      expect((await dpp("switch", "show")).out).toMatch(/^read-only since /);
    } finally {
      expect(await json("switch", "set", "normal", "--reason", "drill")).toMatchObject({ mode: "normal" });
    }
  });
});

describe("dpp with bad arguments", () => {
  it.each([[[]], [["nonsense"]], [["grant", "--tenant", randomUUID(), "--usd", "-5", "--id", "a"]]])(
    "%j exits with 2 and says why",
    async (args) => {
      const { code, out, err } = await dpp(...args);
      expect({ code, out }).toEqual({ code: 2, out: "" });
      expect(err).toMatch(/error: |Usage: /);
    },
  );

  it("shows its help and exits with 0 when asked", async () => {
    expect(await dpp("key", "create", "--help")).toMatchObject({
      code: 0,
      out: expect.stringContaining("--spending-cap-usd"),
    });
  });
});

describe("dpp without a store", () => {
  it("succeeds with a warning when Redis is down: Postgres holds it", async () => {
    const tenant_id = await cli.tenant();
    const env = { ...cli.stores, REDIS_URL: "redis://127.0.0.1:1" };
    const { code, err } = await cli.run(["grant", "--tenant", tenant_id, "--usd", "1", "--id", randomUUID()], { env });
    expect(code).toBe(0);
    expect(err).toContain("Redis was not updated (redis cannot be reached)");
    expect(await json("balance", "--tenant", tenant_id)).toMatchObject({ available_usd: "1.0000" });
  });

  it("exits with 1 when Postgres is down", async () => {
    const { code, err } = await cli.run(["switch", "show"], {
      env: { DATABASE_URL: "postgres://nobody@127.0.0.1:1/none" },
    });
    expect(code).toBe(1);
    expect(err).toContain("database is unavailable");
  });
});
