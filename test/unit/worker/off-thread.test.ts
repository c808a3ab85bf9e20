import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { sha256Hex } from "#core/domain/hash.ts";
import { canonicalJson } from "#core/domain/idempotency.ts";
import { micros } from "#core/domain/money.ts";
import { catalog } from "#core/domain/packs/catalog.ts";
import { complianceOffer } from "#core/domain/packs/compliance.ts";
import { MAX_RESULT_BYTES, resultBytes } from "#core/domain/result.ts";
import { writeJson } from "#core/domain/written-json.ts";
import { isSmall } from "../../../backend/worker/off-thread/is-small.ts";
import type { JsonTask } from "../../../backend/worker/off-thread/json-process.ts";
import { type JsonWork, jsonWork } from "../../../backend/worker/off-thread/json-work.ts";
import { createOffThread, SMALL } from "../../../backend/worker/off-thread/off-thread.ts";
import { ProcessLost } from "../../../backend/worker/packs/isolation/work-process.ts";
import { context } from "../packs/decision-fixture.ts";

const asker = context();

/** What was done on this thread, and what was given away. */
function counted() {
  const here: string[] = [];
  const away: JsonTask[] = [];
  const work: JsonWork = {
    read: (...given) => (here.push("read"), jsonWork.read(...given)),
    write: (...given) => (here.push("write"), jsonWork.write(...given)),
  };
  const offThread = createOffThread(async (task) => {
    away.push(task);
    const result = task.kind === "read" ? { kind: "ok" as const, inputs: "read away" } : writeJson("written away");
    return { kind: "ok", result };
  }, work);
  return { here, away, offThread };
}

const textOf = (chars: number) => {
  const bare = JSON.stringify({ text: "" }).length;
  return JSON.stringify({ text: "x".repeat(chars - bare) });
};

describe("the thread that keeps the leases", () => {
  test("validates small inputs, and gives away all that are larger without a look at them", async () => {
    const { here, away, offThread } = counted();
    const small = await offThread.readInputs(complianceOffer, textOf(SMALL.input_chars), asker);
    expect(small.kind).toBe("ok");
    expect([here, away]).toEqual([["read"], []]);
    const text = textOf(SMALL.input_chars + 1);
    expect(await offThread.readInputs(complianceOffer, text, asker)).toEqual({ kind: "ok", inputs: "read away" });
    expect(here).toEqual(["read"]);
    expect(away).toEqual([{ kind: "read", pack_type: "compliance", text }]);
  });

  test("writes small results, and gives away all that are larger without writing them", async () => {
    const { here, away, offThread } = counted();
    expect(await offThread.writeJson({ b: 1, a: [2] }, asker)).toEqual(writeJson({ a: [2], b: 1 }));
    expect([here, away]).toEqual([["write"], []]);
    const value = { many: Array.from({ length: SMALL.result_chars }, () => "") };
    expect(await offThread.writeJson(value, asker)).toEqual(writeJson("written away"));
    expect([here, away]).toEqual([["write"], [{ kind: "write", value }]]);
  });

  test("tells a small value from a large one by a bounded look at it", () => {
    let looks = 0;
    const watched = <T extends object>(value: T): T =>
      new Proxy(value, { get: (...given) => ((looks += 1), Reflect.get(...given) as unknown) });
    const endless: object[] = [];
    for (let depth = 0; depth < 10_000; depth++) endless.push(watched({ a: "aaaaaaaa", b: endless }));
    expect(isSmall(watched(endless), 1_000)).toBe(false);
    expect(looks).toBeLessThan(1_000);
    expect(isSmall({ a: ["bb", 1, null] }, 100)).toBe(true);
    expect(isSmall("x".repeat(101), 100)).toBe(false);
    expect(isSmall(Object.fromEntries([["x".repeat(101), 1]]), 100)).toBe(false);
  });
});

describe("processes for JSON", () => {
  const offThread = createOffThread();

  test("read the inputs of every pack as they are read here", async () => {
    for (const offer of catalog.values()) {
      const inputs: unknown = offer.examples[0].inputs;
      const text = JSON.stringify(inputs).padEnd(SMALL.input_chars + 1);
      expect(await offThread.readInputs(offer, text, asker)).toEqual(jsonWork.read(offer, text));
      const wrong = JSON.stringify({ surplus: 1 }).padEnd(SMALL.input_chars + 1);
      expect(await offThread.readInputs(offer, wrong, asker)).toEqual({ kind: "refused" });
    }
  });

  test("write the bytes that are written here", async () => {
    const value = Array.from({ length: 5_000 }, (_, index) => ({
      z: -0,
      n: 1e21 + index,
      "é\u2028": "😀\u0000",
      a: [],
    }));
    expect(Buffer.compare((await offThread.writeJson(value, asker)) as Uint8Array, writeJson(value))).toBe(0);
  });

  test("refuse what JSON cannot hold, and what no result may be, and go on", async () => {
    const filler = "x".repeat(SMALL.result_chars);
    expect(await offThread.writeJson([filler, Number.NaN], asker)).toBe("not-json");
    expect(await offThread.writeJson([filler, 1n], asker)).toBe("not-json");
    expect(await offThread.writeJson([filler, () => 1], asker)).toBe("not-json");
    expect(await offThread.writeJson("x".repeat(MAX_RESULT_BYTES), asker)).toBe("too-large");
    expect(await offThread.writeJson(filler, asker)).toHaveLength(filler.length + 2);
  });

  test("hash as it is done here", async () => {
    for (const bytes of [0, SMALL.result_chars, SMALL.result_chars + 1, 1_000_000]) {
      const body = new Uint8Array(bytes).fill(7);
      expect(await offThread.sha256(body)).toBe(sha256Hex(body));
    }
  });

  test.each(["timeout", "out-of-memory", "RangeError"])(
    "inputs whose check ends by %s are too costly",
    async (reason) => {
      const broken = createOffThread(async () => ({ kind: "failed", reason, stage: undefined }));
      const text = textOf(SMALL.input_chars + 1);
      expect(await broken.readInputs(complianceOffer, text, asker)).toEqual({ kind: "too_costly" });
    },
  );

  test("a process that goes away for a reason of its own is no word on the inputs", async () => {
    const broken = createOffThread(async () => ({ kind: "failed", reason: "exit", stage: undefined }));
    const text = textOf(SMALL.input_chars + 1);
    await expect(broken.readInputs(complianceOffer, text, asker)).rejects.toBeInstanceOf(ProcessLost);
    await expect(broken.writeJson(text.repeat(9), asker)).rejects.toBeInstanceOf(ProcessLost);
  });
});

test("a result that is put together of written parts has the bytes of one that is written at once", () => {
  const about = {
    run_id: "0190e6a0-0000-7000-8000-000000000001",
    pack_type: "eval",
    pack_version: "1.0.0",
    units: { b: 2, a: 1 },
    reliability: 0.25,
  };
  const money = { reserved: micros(5_000_000), charge: micros(12_500), minimum_fee: micros(100_000) };
  const meta = { trace_id: "a".repeat(32), payload_sha256: "b".repeat(64) };
  fc.assert(
    fc.property(fc.jsonValue(), fc.array(fc.record({ name: fc.string(), text: fc.string() })), (data, artifacts) => {
      const parts = { ...about, ...money, ...meta, generated_at_ms: 1_700_000_000_123 };
      const bytes = resultBytes({ ...parts, data: writeJson(data), artifacts: writeJson(artifacts) });
      const whole = canonicalJson({
        schema_version: "1",
        ...about,
        status: "COMPLETED",
        generated_at: new Date(1_700_000_000_123).toISOString(),
        cost: { max_usd: "5.0000", reserved_usd: "5.0000", actual_usd: "0.0125", minimum_fee_usd: "0.1000" },
        data,
        artifacts,
        meta,
      });
      expect(Buffer.from(bytes).toString()).toBe(whole);
    }),
  );
});
