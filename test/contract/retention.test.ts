import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { ListObjectsV2Command } from "@aws-sdk/client-s3";
import { parseApiKey } from "#core/domain/api-key.ts";
import { Outage } from "#core/domain/outage.ts";
import { TOMBSTONE, resultKey } from "#core/domain/receipt.ts";
import { auditTenant } from "#core/store/audit-tenant.ts";
import { findRun } from "#core/store/postgres/find-run.ts";
import { findOutlivedRuns, purgeRun } from "#core/store/postgres/outlived-runs.ts";
import { judgeRuns } from "#core/store/postgres/judge-runs.ts";
import { type RetentionSweepDeps, type RetentionTurn, sweepRetention } from "../../backend/reaper/sweeps/retention.ts";
import { recorder } from "./support/recorder.ts";
import { type RunHarness, done, packOf, runHarness } from "./support/run-harness.ts";

const NEVER = new AbortController().signal;

describe("the retention sweep", () => {
  let h: RunHarness;
  beforeAll(async () => {
    h = await runHarness();
  });
  afterAll(() => h.close());

  const worked = async (): Promise<string> => {
    const run_id = await h.submit();
    await h.work(run_id, { packs: packOf(async () => done({ answer: 42 })) });
    await h.owner.query(`UPDATE runs SET metadata = '{"for":"you"}' WHERE run_id = $1`, [run_id]);
    return run_id;
  };
  /** A run that ended, and whose retention passed, so long ago. */
  const outlived = async (minutes = 1): Promise<string> => {
    const run_id = await worked();
    await age(run_id, minutes);
    return run_id;
  };
  const age = (run_id: string, minutes: number) =>
    h.owner.query("UPDATE runs SET retention_until = now() - make_interval(mins => $2::int) WHERE run_id = $1", [
      run_id,
      minutes,
    ]);
  const objects = async (run_id: string): Promise<string[]> => {
    const Prefix = `results/${h.tenant.tenant_id}/${run_id}/`;
    const { Contents = [] } = await h.s3.send(new ListObjectsV2Command({ Bucket: h.stack.bucket, Prefix }));
    return Contents.map(({ Key = "" }) => Key);
  };
  const sweep = async (over: Partial<RetentionSweepDeps> = {}, turn: RetentionTurn = { after: undefined }) => {
    const heard = recorder();
    await sweepRetention({ db: h.backend, objects: h.objects, ...heard, ...over }, turn, NEVER);
    return heard;
  };

  it("deletes the objects of every attempt, then the inputs, and keeps the figures", async () => {
    const run_id = await worked();
    await h.owner.query("UPDATE runs SET attempt = 3 WHERE run_id = $1", [run_id]);
    const key = resultKey(h.tenant.tenant_id, run_id, 2);
    await h.objects.create(key, TOMBSTONE.body, TOMBSTONE.content_type, TOMBSTONE.metadata);
    expect(await objects(run_id)).toHaveLength(2);
    const kept = await worked();

    await sweep();
    expect(await h.run(run_id)).toMatchObject({ purged_at: null, inputs: "{}" });
    await age(run_id, 1);
    const before = await h.run(run_id);
    expect((await sweep()).counted("run_purged")).toBe(1);
    expect(await objects(run_id)).toEqual([]);
    expect(await h.run(run_id)).toEqual({
      ...before,
      purged_at: expect.any(Date),
      inputs: null,
      metadata: {},
      version: String(Number(before["version"]) + 1),
    });
    expect(await h.run(kept)).toMatchObject({ purged_at: null, inputs: "{}" });
    expect(await objects(kept)).toHaveLength(1);

    expect((await sweep()).counted("run_purged")).toBe(0);
    expect(await auditTenant(h.backend, h.tenant.tenant_id)).toMatchObject({ faults: [] });
    expect(await judgeRuns(h.backend, undefined, 1_000)).toMatchObject({ faults: [] });
    const key_sha256 = parseApiKey(h.tenant.api_key)?.sha256 ?? "";
    expect(await findRun(h.edge, key_sha256, run_id)).toMatchObject({
      kind: "found",
      run: { run_id, status: "COMPLETED", expired: true, metadata: {} },
    });
  });

  it("keeps a frozen run and one that is open", async () => {
    const frozen = await outlived();
    await h.owner.query("UPDATE runs SET money_state = 'AUDIT_REQUIRED' WHERE run_id = $1", [frozen]);
    const waiting = await h.submit();
    await age(waiting, 1);
    await sweep();
    for (const run_id of [frozen, waiting])
      expect(await h.run(run_id)).toMatchObject({ purged_at: null, inputs: "{}" });
    expect(await objects(frozen)).toHaveLength(1);
  });

  it("forgets nothing of a run that is not as it was found", async () => {
    for (const change of [
      "money_state = 'AUDIT_REQUIRED'",
      "retention_until = now() + interval '1 day'",
      "purged_at = now()",
      "version = version + 1",
    ]) {
      const run_id = await outlived();
      const found = (await findOutlivedRuns(h.backend)).find((run) => run.run_id === run_id);
      if (found === undefined) throw new Error("a run past its retention was not found");
      await h.owner.query(`UPDATE runs SET ${change} WHERE run_id = $1`, [run_id]);
      expect(await purgeRun(h.backend, found), change).toBe(false);
      expect(await h.run(run_id), change).toMatchObject({ inputs: "{}" });
    }
  });

  it("purges the runs behind one whose objects cannot be deleted", async () => {
    const stuck = await outlived(60);
    const behind = [await outlived(30), await outlived(20)];
    const heard = await sweep({
      objects: {
        delete: async (keys) => {
          if (keys.some((key) => key.includes(stuck))) throw new Error("denied");
          await h.objects.delete(keys);
        },
      },
    });
    expect(heard.lines).toMatchObject([{ level: "error", fields: { run_id: stuck } }]);
    for (const run_id of behind) expect(await h.run(run_id)).toMatchObject({ purged_at: expect.any(Date) });
    expect(await h.run(stuck)).toMatchObject({ purged_at: null, inputs: "{}" });
    await sweep();
    expect(await h.run(stuck)).toMatchObject({ purged_at: expect.any(Date), inputs: null });
  });

  it("ends its round when S3 is out, changes nothing, and goes on with the next run", async () => {
    const [first, second] = [await outlived(60), await outlived(30)];
    const turn: RetentionTurn = { after: undefined };
    const out = { delete: () => Promise.reject(new Outage("s3", new Error("down"))) };
    await expect(sweep({ objects: out }, turn)).rejects.toThrow(Outage);
    expect(await h.run(first)).toMatchObject({ purged_at: null, inputs: "{}" });
    await sweep({}, turn);
    expect(await h.run(second)).toMatchObject({ purged_at: expect.any(Date) });
    expect(turn.after).toBeUndefined();
    await sweep({}, turn);
    expect(await h.run(first)).toMatchObject({ purged_at: expect.any(Date) });
  });

  it("purges each run once, however many sweep", async () => {
    const runs = await Promise.all([outlived(), outlived(), outlived()]);
    const heard = await Promise.all([sweep(), sweep(), sweep()]);
    expect(heard.reduce((count, each) => count + each.counted("run_purged"), 0)).toBe(runs.length);
    expect(heard.flatMap(({ lines }) => lines)).toEqual([]);
  });
});
