import { eventually } from "../support/eventually.ts";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Redis as RawClient } from "ioredis";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { createDemoTenant, withOwner } from "../dev/demo-tenant.ts";
import { type ProcessName, type System, startSystem } from "../dev/system.ts";
import { agentOf, accountOf, smallDecision } from "./agent.ts";
import { holdPage } from "./held-page.ts";

const SHORT_TIMES = {
  DPP_LEASE_SECONDS: "2",
  DPP_HEARTBEAT_SECONDS: "0.5",
  DPP_CLAIMED_SECONDS: "3",
  DPP_SWEEP_SECONDS: "0.5",
  DPP_SIGNAL_SECONDS: "1",
  DPP_SYNC_GRACE_SECONDS: "15",
};

describe("the whole system, when its processes die", () => {
  const stateDir = mkdtempSync(join(tmpdir(), "dpp-e2e-"));
  let system: System;
  let page: Awaited<ReturnType<typeof holdPage>>;

  beforeAll(async () => {
    page = await holdPage();
    system = await startSystem({
      stateDir,
      env: { ...process.env, ...SHORT_TIMES },
      fsync: false,
      fetchAllowHosts: [page.host],
    });
  });
  afterAll(async () => {
    await system.stop();
    await page.close();
    rmSync(stateDir, { recursive: true, force: true });
  });

  const newTenant = (credit?: number) =>
    withOwner(system, (db) => createDemoTenant(db, { name: "e2e", ...(credit === undefined ? {} : { credit }) }));
  const kill = async (name: "postgres" | "redis" | ProcessName, signal: NodeJS.Signals = "SIGKILL") => {
    const pid = system.pids()[name];
    if (pid === null) throw new Error(`${name} does not run`);
    process.kill(pid, signal);
    await eventually(() => expect(system.pids()[name] ?? pid).not.toBe(pid));
  };
  const heldRun = { pack_type: "url", max_cost_usd: "0.0200", inputs: { url: "", format: "text" } };
  const held = () => ({ ...heldRun, inputs: { url: page.url, format: "text" } });

  test("a worker killed in the middle of a run: a new one completes it, charged once", async () => {
    const tenant = await newTenant();
    const agent = agentOf(system, tenant);
    page.hold();
    const run_id = await agent.submit(held());
    await page.requested();
    expect(await agent.look(run_id)).toMatchObject({ status: "PROCESSING", attempt: 1 });
    await kill("worker");
    page.letGo();
    expect(await agent.ended(run_id)).toMatchObject({
      status: "COMPLETED",
      money_state: "SETTLED",
      attempt: 2,
      cost: { actual_usd: "0.0030" },
    });
    const { balance, ledger } = await accountOf(system, tenant);
    expect(balance).toEqual({ ...ledger, open_runs: 0 });
    expect(balance).toMatchObject({ charged: 3_000, reserved: 0 });
  });

  test("a worker told to stop in the middle of a run hands it back: completed later, nothing charged for it", async () => {
    const tenant = await newTenant();
    const agent = agentOf(system, tenant);
    page.hold();
    const run_id = await agent.submit(held());
    await page.requested();
    await system.stop("worker");
    expect(await agent.look(run_id)).toMatchObject({ status: "QUEUED", money_state: "RESERVED" });
    page.letGo();
    await system.start("worker");
    expect(await agent.ended(run_id)).toMatchObject({ status: "COMPLETED", cost: { actual_usd: "0.0030" } });
    expect((await accountOf(system, tenant)).balance).toMatchObject({ charged: 3_000, reserved: 0, open_runs: 0 });
  });

  test("Redis flushed in the middle of traffic: no run lost, no cent moved", async () => {
    const tenant = await newTenant();
    const agent = agentOf(system, tenant);
    const redis = new RawClient(system.stack.redisUrl);
    const runs: Promise<string>[] = [];
    for (let i = 0; i < 60; i++) {
      runs.push(agent.submit(smallDecision(`question ${i}`)));
      if (i % 20 === 10) {
        await Promise.race(runs.slice(-5));
        await redis.flushall();
      }
    }
    const ids = await Promise.all(runs);
    expect(new Set(ids).size).toBe(60);
    const ends = await Promise.all(ids.map(agent.ended));
    expect(ends.every((run) => run.status === "COMPLETED")).toBe(true);
    const { balance, ledger } = await accountOf(system, tenant);
    expect(balance).toEqual({ ...ledger, open_runs: 0 });
    expect(balance.charged).toBe(60 * 11_000);
    await eventually(async () => {
      expect(await redis.hget(`{${tenant.tenant_id}}:budget`, "available")).toBe(String(balance.available));
      expect(await redis.hlen(`{${tenant.tenant_id}}:open`)).toBe(0);
    });
    redis.disconnect();
  });

  test.each([["redis"], ["postgres"], ["edge"], ["reaper"]] as const)(
    "%s killed in the middle of traffic: clients that retry lose nothing and pay once",
    async (name) => {
      const tenant = await newTenant();
      const agent = agentOf(system, tenant);
      const runs = Array.from({ length: 20 }, (_, i) => agent.submit(smallDecision(`${name} ${i}`)));
      await Promise.race(runs);
      await kill(name);
      const more = Array.from({ length: 10 }, (_, i) => agent.submit(smallDecision(`${name} after ${i}`)));
      const ids = await Promise.all([...runs, ...more]);
      expect(new Set(ids).size).toBe(30);
      const ends = await Promise.all(ids.map(agent.ended));
      expect(ends.map((run) => run.status)).toEqual(ids.map(() => "COMPLETED"));
      const { balance, ledger } = await accountOf(system, tenant);
      expect(balance).toEqual({ ...ledger, open_runs: 0 });
      expect(balance.charged).toBe(30 * 11_000);
    },
  );

  test("messages that are lost from the queue are sent again by the reaper", async () => {
    const tenant = await newTenant();
    const agent = agentOf(system, tenant);
    await system.stop("worker");
    const run_id = await agent.submit(smallDecision());
    const { PurgeQueueCommand, SQSClient } = await import("@aws-sdk/client-sqs");
    const { stack } = system;
    const sqs = new SQSClient({ region: stack.region, endpoint: stack.sqsEndpoint, credentials: stack });
    await sqs.send(new PurgeQueueCommand({ QueueUrl: stack.queueUrl }));
    sqs.destroy();
    await system.start("worker");
    expect(await agent.ended(run_id)).toMatchObject({ status: "COMPLETED" });
  });
});
