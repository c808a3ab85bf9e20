import { PutObjectCommand } from "@aws-sdk/client-s3";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { dispositionOf } from "#core/domain/object-metadata.ts";
import { Outage } from "#core/domain/outage.ts";
import { resultKey } from "#core/domain/receipt.ts";
import { recorder } from "./support/recorder.ts";
import { type RunHarness, done, packOf, runHarness } from "./support/run-harness.ts";

describe("a worker that uploads its result", () => {
  let h: RunHarness;
  beforeAll(async () => {
    h = await runHarness();
  });
  afterAll(() => h.close());

  const work: RunHarness["work"] = (...given) => h.work(...given);

  test("a transient S3 outage loses nothing: the upload is repeated", async () => {
    const run_id = await h.submit();
    let tries = 0;
    const objects = {
      ...h.objects,
      create: async (...args: Parameters<typeof h.objects.create>) => {
        if (++tries < 3) throw new Outage("s3", new Error("503"));
        return h.objects.create(...args);
      },
    };
    await work(run_id, { objects, packs: packOf(async () => done({})) });
    expect(tries).toBe(3);
    expect(await h.run(run_id)).toMatchObject({ status: "COMPLETED", charged_micros: "1000" });
  });

  test("an upload whose reply was lost is recognised as our own", async () => {
    const run_id = await h.submit();
    let tries = 0;
    const objects = {
      ...h.objects,
      create: async (...args: Parameters<typeof h.objects.create>) => {
        const answer = await h.objects.create(...args);
        if (++tries === 1) throw new Outage("s3", new Error("reply lost"));
        return answer;
      },
    };
    await work(run_id, { objects, packs: packOf(async () => done({})) });
    expect(await h.run(run_id)).toMatchObject({ status: "COMPLETED", charged_micros: "1000" });
  });

  test("a tombstone at the attempt's key stops the worker; a stranger's object freezes the run", async () => {
    const put = (run_id: string, metadata: Record<string, string>) =>
      h.s3.send(
        new PutObjectCommand({
          Bucket: h.stack.bucket,
          Key: resultKey(h.tenant.tenant_id, run_id, 1),
          Body: "{}",
          ContentDisposition: dispositionOf(metadata),
        }),
      );
    const behindTombstone = await h.submit();
    await put(behindTombstone, { tombstone: "true" });
    await work(behindTombstone, { packs: packOf(async () => done({})) });
    expect(await h.run(behindTombstone)).toMatchObject({
      status: "PROCESSING",
      finalize_stage: "CLAIMED",
      money_state: "RESERVED",
    });

    const strange = await h.submit();
    await put(strange, { who: "knows" });
    const { metrics, counted } = recorder();
    await work(strange, { metrics, packs: packOf(async () => done({})) });
    expect(counted("audit_required")).toBe(1);
    expect(await h.run(strange)).toMatchObject({ money_state: "AUDIT_REQUIRED" });
    const findings = await h.owner.query("SELECT kind FROM audit_findings WHERE run_id = $1", [strange]);
    expect(findings).toEqual([{ kind: "foreign-object" }]);
    await work(strange, { packs: packOf(async () => done({})) });
    expect(await h.run(strange)).toMatchObject({ money_state: "AUDIT_REQUIRED", charged_micros: null });
  });
});
