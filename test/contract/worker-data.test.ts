import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { z } from "zod";
import type { PackOutcome } from "#core/domain/pack.ts";
import { catalog } from "#core/domain/packs/catalog.ts";
import { resultKey } from "#core/domain/receipt.ts";
import { SMALL } from "../../backend/worker/off-thread/off-thread.ts";
import { resultOf } from "../../backend/worker/packs/isolation/result-of.ts";
import { createOutcomePool } from "../../backend/worker/packs/isolation/outcome-pool.ts";
import type { PackContext } from "../../backend/worker/packs/pack.ts";
import { done, packOf, type RunHarness, runHarness } from "./support/run-harness.ts";

const inProcess = createOutcomePool<{ readonly value: unknown }>(
  "test",
  new URL("./support/hostile/unwritable-process.ts", import.meta.url),
  { heap_mb: 64, resident_mb: 300 },
);

const answer = z.strictObject({ answer: z.int() });
/** Where processes for JSON write data, they take the schema from the catalogue. */
const decision = catalog.get("decision")?.data;
const LARGE = SMALL.result_chars / 20;
const missing = (needs: unknown) => ({
  verdict: "NEEDS_INPUT",
  question: "Which one?",
  mode: "brief",
  method: "weighted_sum",
  winner: null,
  missing: Array.from({ length: LARGE }, () => ({ pointer: "/options", needs })),
});

/** Each place where data are written: what its pack's schema takes, and what it does not. */
const places: readonly (readonly [
  place: string,
  schema: z.ZodType | undefined,
  work: (context: PackContext, data: unknown) => Promise<PackOutcome>,
  fits: unknown,
  misfits: unknown,
])[] = [
  ["in the worker", answer, async (_, data) => done(data), { answer: 42 }, { answer: "42" }],
  ["in the worker, with a member more", answer, async (_, data) => done(data), { answer: 1 }, { answer: 1, by: "me" }],
  ["in a process for JSON", decision, async (_, data) => done(data), missing("at least two options"), missing(2)],
  [
    "in the pack's own process",
    answer,
    async (context, value) => resultOf(await inProcess({ value }, context), "it"),
    7,
    "7",
  ],
];

describe("data that are written", () => {
  let h: RunHarness;
  beforeAll(async () => {
    h = await runHarness();
  });
  afterAll(() => h.close());

  test.each(places)("%s are delivered where the pack's schema takes them", async (_, schema, work, fits) => {
    const run_id = await h.submit();
    await h.work(run_id, { packs: packOf((context) => work(context, fits), schema) });
    expect(await h.run(run_id)).toMatchObject({ status: "COMPLETED", charged_micros: "1000" });
  });

  test.each(places)(
    "%s and are not what the pack says fail the run for nothing, and nothing is stored",
    async (_, schema, work, __, misfits) => {
      const run_id = await h.submit();
      await h.work(run_id, { packs: packOf((context) => work(context, misfits), schema) });
      const failure = { status: "FAILED", reason_code: "RESULT_INVALID", charged_micros: "0", money_state: "REFUNDED" };
      expect(await h.run(run_id)).toMatchObject(failure);
      expect(await h.closing(run_id)).toEqual({ RESERVE: 100_000, REFUND: 100_000 });
      expect(await h.objects.head(resultKey(h.tenant.tenant_id, run_id, 1))).toBeUndefined();
    },
  );
});
