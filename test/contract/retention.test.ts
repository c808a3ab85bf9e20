import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { ListObjectsV2Command } from "@aws-sdk/client-s3";
import { parseApiKey } from "#core/domain/api-key.ts";
import { Outage } from "#core/domain/outage.ts";
import { TOMBSTONE, resultKey } from "#core/domain/receipt.ts";
import { auditTenant } from "#core/store/audit-tenant.ts";
import { findRun } from "#core/store/runs/find-run.ts";
import { listFindings, resolveFinding } from "#core/store/audit/list-findings.ts";
import { beginPurge, findRunsPastRetention, purgeRun } from "#core/store/runs/runs-past-retention.ts";
import { judgeRuns, nextRuns } from "#core/store/audit/judge-runs.ts";
import { recordRunDiscrepancy } from "#core/store/audit/record-finding.ts";
import { showRun } from "#core/store/runs/show-run.ts";
import {
  type RetentionSweepDeps,
  type RetentionCursor,
  sweepRetention,
} from "../../backend/reaper/sweeps/retention.ts";
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
  const pastRetention = async (minutes = 1): Promise<string> => {
    const run_id = await worked();
    await age(run_id, minutes);
    return run_id;
  };
  const age = (run_id: string, minutes: number) =>
    h.owner.query("UPDATE runs SET retention_until = now() - make_interval(mins => $2::int) WHERE run_id = $1", [
      run_id,
      minutes,
    ]);
  /** The audit finds it at fault. */
  const freeze = async (run_id: string) => {
    const run = await showRun(h.owner, run_id);
    if (run === undefined) throw new Error("no run");
    const fault = { ...run, version: String(run.version), detail: {} };
    expect(await recordRunDiscrepancy(h.backend, "run-books", fault)).toBe("found");
  };
  const letGo = async (run_id: string) => {
    const finding = (await listFindings(h.owner)).find((each) => each.run_id === run_id);
    expect(await resolveFinding(h.owner, finding?.finding_id ?? "", "x")).toMatchObject({ outcome: "resolved" });
  };
  const found = async (run_id: string) => {
    const run = (await findRunsPastRetention(h.backend)).find((each) => each.run_id === run_id);
    if (run === undefined) throw new Error("a run past its retention was not found");
    return run;
  };
  const objects = async (run_id: string): Promise<string[]> => {
    const Prefix = `results/${h.tenant.tenant_id}/${run_id}/`;
    const { Contents = [] } = await h.s3.send(new ListObjectsV2Command({ Bucket: h.stack.bucket, Prefix }));
    return Contents.map(({ Key = "" }) => Key);
  };
  const sweep = async (over: Partial<RetentionSweepDeps> = {}, turn: RetentionCursor = { after: undefined }) => {
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
      purging_at: expect.any(Date),
      purged_at: expect.any(Date),
      inputs: null,
      metadata: {},
      version: String(Number(before["version"]) + 2),
    });
    expect(await h.run(kept)).toMatchObject({ purged_at: null, inputs: "{}" });
    expect(await objects(kept)).toHaveLength(1);

    expect((await sweep()).counted("run_purged")).toBe(0);
    expect(await auditTenant(h.backend, h.tenant.tenant_id)).toMatchObject({ faults: [] });
    expect(await judgeRuns(h.backend, (await nextRuns(h.backend, undefined, 1_000)).run_ids)).toMatchObject({
      faults: [],
    });
    const key_sha256 = parseApiKey(h.tenant.api_key)?.sha256 ?? "";
    expect(await findRun(h.edge, key_sha256, run_id)).toMatchObject({
      kind: "found",
      run: { run_id, status: "COMPLETED", expired: true, metadata: {} },
    });
  });

  it("keeps a frozen run and one that is open", async () => {
    const frozen = await pastRetention();
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
      const run_id = await pastRetention();
      const run = await found(run_id);
      await h.owner.query(`UPDATE runs SET ${change} WHERE run_id = $1`, [run_id]);
      expect(await beginPurge(h.backend, run), change).toBeUndefined();
      expect(await h.run(run_id), change).toMatchObject({ inputs: "{}", purging_at: null });
    }
  });

  it("forgets nothing of a run whose purge was not begun, or that has moved on since", async () => {
    const run = await found(await pastRetention());
    expect(await purgeRun(h.backend, run)).toBe(false);
    const begun = await beginPurge(h.backend, run);
    if (begun === undefined) throw new Error("the purge was not begun");
    expect(await purgeRun(h.backend, run)).toBe(false);
    await h.owner.query("UPDATE runs SET money_state = 'AUDIT_REQUIRED' WHERE run_id = $1", [run.run_id]);
    expect(await purgeRun(h.backend, begun)).toBe(false);
    expect(await h.run(run.run_id)).toMatchObject({ purged_at: null, inputs: "{}" });
  });

  it("keeps everything of a run that is frozen after it was found", async () => {
    const run_id = await pastRetention();
    const db: typeof h.backend = {
      query: async (text, values) => {
        const rows = await h.backend.query(text, values);
        if (rows.some((row) => row["run_id"] === run_id && "cursor" in row)) await freeze(run_id);
        return rows;
      },
    };
    await sweep({ db });
    expect(await objects(run_id)).toHaveLength(1);
    expect(await h.run(run_id)).toMatchObject({ purging_at: null, purged_at: null, inputs: "{}" });
  });

  it("keeps the inputs of a run that is frozen once its purge was begun, until a person lets it go", async () => {
    const run_id = await pastRetention();
    const frozen = {
      delete: async (keys: readonly string[]) => {
        if (keys.some((key) => key.includes(run_id))) await freeze(run_id);
        await h.objects.delete(keys);
      },
    };
    await sweep({ objects: frozen });
    await sweep();
    expect(await h.run(run_id)).toMatchObject({ money_state: "AUDIT_REQUIRED", purged_at: null, inputs: "{}" });
    await letGo(run_id);
    await sweep();
    expect(await h.run(run_id)).toMatchObject({ money_state: "SETTLED", purged_at: expect.any(Date), inputs: null });
  });

  it("goes on with a purge that was begun and not ended", async () => {
    const run_id = await pastRetention();
    await beginPurge(h.backend, await found(run_id));
    const { purging_at } = await h.run(run_id);
    expect(purging_at).toEqual(expect.any(Date));
    await sweep();
    expect(await objects(run_id)).toEqual([]);
    expect(await h.run(run_id)).toMatchObject({ purging_at, purged_at: expect.any(Date), inputs: null });
  });

  it("purges the runs behind one whose objects cannot be deleted", async () => {
    const stuck = await pastRetention(60);
    const behind = [await pastRetention(30), await pastRetention(20)];
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

  it("ends its round when S3 is out, forgets nothing, and goes on with the next run", async () => {
    const [first, second] = [await pastRetention(60), await pastRetention(30)];
    const turn: RetentionCursor = { after: undefined };
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
    const runs = await Promise.all([pastRetention(), pastRetention(), pastRetention()]);
    const heard = await Promise.all([sweep(), sweep(), sweep()]);
    expect(heard.reduce((count, each) => count + each.counted("run_purged"), 0)).toBe(runs.length);
    expect(heard.flatMap(({ lines }) => lines)).toEqual([]);
  });
});
