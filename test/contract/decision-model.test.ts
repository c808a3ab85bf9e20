import type { RequestListener } from "node:http";
import { json } from "node:stream/consumers";
import { describe, expect, test } from "vitest";
import type { Units } from "#core/domain/pack.ts";
import { type DecisionInputs, decisionOffer } from "#core/domain/packs/decision.ts";
import { decisionPack } from "../../backend/worker/packs/decision.ts";
import { answerChecker } from "../../backend/worker/packs/decision/check-answer.ts";
import { DECISION_MODEL_LIMITS } from "#core/domain/packs/decision-limits.ts";
import { MODEL_LIMITS } from "#core/domain/packs/model.ts";
import { accept } from "../../backend/worker/packs/decision/model.ts";
import { REQUEST_LIMITS } from "../../backend/worker/packs/model/ask-model.ts";
import { NotBegun, ProcessLost } from "../../backend/worker/packs/isolation/work-process.ts";
import { context } from "../unit/packs/decision-fixture.ts";
import { serve } from "./support/local-server.ts";

const TABLE = {
  options: ["Stay", "Move"],
  criteria: [{ name: "rent", weight: 2, direction: "min" }],
  scores: { Stay: { rent: 900 }, Move: { rent: 700 } },
};

const completion = (
  content: unknown,
  usage: unknown = { prompt_tokens: 900, completion_tokens: 101, total_tokens: 1_001 },
) =>
  JSON.stringify({
    choices: [
      { message: { role: "assistant", content: typeof content === "string" ? content : JSON.stringify(content) } },
    ],
    usage,
  });

interface Asked {
  path: string | undefined;
  authorization: string | undefined;
  body: { model: string; max_tokens: number; messages: { role: string; content: string }[] };
}

async function decideWith(
  answers: (string | number)[],
  inputs: Partial<DecisionInputs> = {},
  { path = "/v1", cap = 1_000_000, is_free = false, check = answerChecker() } = {},
) {
  const asked: Asked[] = [];
  let owed: Units = {};
  const handler: RequestListener = (request, response) => {
    void json(request).then((body) => {
      asked.push({ path: request.url, authorization: request.headers.authorization, body: body as Asked["body"] });
      const answer = answers[Math.min(asked.length, answers.length) - 1] ?? 500;
      response.writeHead(typeof answer === "number" ? answer : 200, { "content-type": "application/json" });
      response.end(typeof answer === "number" ? "internal: sk-secret at 10.0.0.1" : answer);
    });
  };
  await using server = await serve(handler);
  const pack = decisionPack(
    { url: server.origin + path, apiKey: "sk-secret", model: "test-model", pause: () => Promise.resolve() },
    undefined,
    check,
  );
  const outcome = await pack.run(decisionOffer.inputs.parse({ question: "Should we move?", ...inputs }), {
    ...context(undefined, cap),
    is_free,
    owe: (units) => (owed = units),
  });
  return { outcome, asked, owed };
}

describe("a bare question with a model", () => {
  test("is turned into a table by the model, ranked by the pack, marked as the model's, and metered", async () => {
    const { outcome, asked } = await decideWith([completion(TABLE)]);
    expect(outcome).toMatchObject({
      kind: "done",
      units: { base: 1, cell: 2, model_kilotoken: 2 },
      data: {
        verdict: "WINNER",
        winner: "Move",
        model: "test-model",
        sources: { options: "model", criteria: "model", scores: "model" },
      },
    });
    expect(asked[0]).toMatchObject({ path: "/v1/chat/completions", authorization: "Bearer sk-secret" });
    expect(asked[0]?.body.model).toBe("test-model");
    expect(asked[0]?.body.messages[1]?.content).toContain("Should we move?");
  });

  test("is not put to the model where the run was sold for nothing", async () => {
    const { outcome, asked } = await decideWith([completion(TABLE)], {}, { is_free: true });
    expect(asked).toEqual([]);
    expect(outcome).toMatchObject({ kind: "done", units: {}, data: { verdict: "NEEDS_INPUT" } });
  });

  test("may be asked at the full address, and may be answered in a code fence", async () => {
    const fenced = `\`\`\`json\n${JSON.stringify(TABLE)}\n\`\`\``;
    const { outcome, asked } = await decideWith([completion(fenced)], {}, { path: "/x/chat/completions" });
    expect(outcome.kind).toBe("done");
    expect(asked[0]?.path).toBe("/x/chat/completions");
  });

  test("keeps what the caller gave, whatever the model says", async () => {
    const options = ["Stay", "Move"];
    const { outcome } = await decideWith([completion({ ...TABLE, options: ["Buy", "Sell"] })], { options });
    expect(outcome).toMatchObject({ data: { sources: { options: "caller", criteria: "model", scores: "model" } } });
    expect(outcome.kind === "done" && JSON.stringify(outcome.data)).not.toContain("Buy");
  });

  test.each([undefined, { total_tokens: -5 }, { total_tokens: "many" }])(
    "costs no tokens when the endpoint counts %j",
    async (usage) => {
      const { outcome } = await decideWith([completion(TABLE, usage ?? null)]);
      expect(outcome.kind === "done" && outcome.units["model_kilotoken"]).toBe(0);
    },
  );
});

describe("a cap", () => {
  const exceeded = { kind: "pack_failed", reason_code: "COST_EXCEEDS_CAP" };
  /** The base, the two cells of the smallest table, and one or two thousand tokens. */
  const ONE_THOUSAND = 13_000;
  const TWO_THOUSAND = 15_000;
  const used = (total_tokens: number) => completion(TABLE, { total_tokens });

  test("bounds the answer to what it leaves after the prompt", async () => {
    const { outcome, asked } = await decideWith([used(1_000)], {}, { cap: ONE_THOUSAND });
    expect(outcome).toMatchObject({ kind: "done", units: { base: 1, cell: 2, model_kilotoken: 1 } });
    const { max_tokens, messages } = asked[0]?.body ?? expect.unreachable();
    const prompt = Math.ceil(Buffer.byteLength(JSON.stringify(messages)) / 4);
    expect(max_tokens).toBe(1_000 - prompt);
    const generous = await decideWith([used(1_000)]);
    expect(generous.asked[0]?.body.max_tokens).toBe(DECISION_MODEL_LIMITS.max_answer_tokens);
  });

  test("that the tokens have passed all the same ends the run, and no result is made", async () => {
    expect((await decideWith([used(2_000)], {}, { cap: TWO_THOUSAND })).outcome.kind).toBe("done");
    expect((await decideWith([used(2_001)], {}, { cap: TWO_THOUSAND })).outcome).toMatchObject(exceeded);
  });

  test("that the model's table has passed ends the run", async () => {
    const options = ["a", "b", "c"];
    const scores = Object.fromEntries(options.map((name) => [name, { rent: 1 }]));
    const { outcome } = await decideWith(
      [completion({ ...TABLE, options, scores }, { total_tokens: 1_000 })],
      {},
      { cap: ONE_THOUSAND },
    );
    expect(outcome).toMatchObject(exceeded);
  });

  test("that cuts an answer short is why the run ends, and the model is not asked again", async () => {
    const envelope = { choices: [{ message: { content: '{"options": ["St' }, finish_reason: "length" }] };
    const { outcome, asked } = await decideWith([JSON.stringify(envelope)], {}, { cap: ONE_THOUSAND });
    expect(outcome).toMatchObject(exceeded);
    expect(asked).toHaveLength(1);
    const generous = await decideWith([JSON.stringify(envelope)]);
    expect(generous.outcome).toMatchObject({ reason_code: "MODEL_OUTPUT_TOO_LONG" });
  });

  test.each([
    ["no token", {}, ONE_THOUSAND - 1],
    ["no answer after a long prompt", { question: "\u{1F4B8}".repeat(1_000) }, ONE_THOUSAND],
    ["no cells of the table that was named", { options: ["a", "b", "c", "d"] }, ONE_THOUSAND],
  ])("that covers %s asks no model, and charges nothing", async (_, inputs, cap) => {
    const { outcome, asked } = await decideWith([used(1)], inputs, { cap });
    expect(outcome).toMatchObject({ ...exceeded, kind: "input_rejected" });
    expect(asked).toHaveLength(0);
  });
});

describe("an answer too long to be judged beside others", () => {
  const usage = { total_tokens: 1, note: "x".repeat(3_000) };

  test.each([new NotBegun("no process could be started"), new ProcessLost("killed")])(
    "is nobody's error where there is no process to judge it in: %s",
    async (reason) => {
      const check = answerChecker(() => Promise.reject(reason));
      await expect(decideWith([completion(TABLE, usage)], {}, { check })).rejects.toBe(reason);
    },
  );
});

test("an answer that could not be read owes what the endpoint counted of it", async () => {
  const check = answerChecker(() => Promise.resolve({ kind: "failed", reason: "out-of-memory", stage: undefined }));
  const usage = { total_tokens: 1_001, note: "x".repeat(3_000) };
  const { outcome, owed } = await decideWith([completion(TABLE, usage)], {}, { check });
  expect(outcome).toMatchObject({ kind: "pack_failed", reason_code: "MODEL_OUTPUT_INVALID" });
  expect(owed).toEqual({ model_kilotoken: 4 });
});

describe("a model that fails", () => {
  test.each([
    ["no JSON", completion("I would move.")],
    ["no envelope", "<html>"],
    ["a missing cell", completion({ ...TABLE, scores: { Stay: { rent: 1 } } })],
    ["a score in words", completion({ ...TABLE, scores: { Stay: { rent: "low" }, Move: { rent: 1 } } })],
    ["a negative weight", completion({ ...TABLE, criteria: [{ name: "rent", weight: -1, direction: "min" }] })],
    ["one option", completion({ ...TABLE, options: ["Stay"], scores: { Stay: { rent: 1 } } })],
    ["an option twice", completion({ ...TABLE, options: ["Stay", "Stay"], scores: { Stay: { rent: 1 } } })],
    [
      "a name with half a character, of which no result can be written",
      completion({ ...TABLE, options: ["Stay", "\ud800"], scores: { Stay: { rent: 1 }, "\ud800": { rent: 2 } } }),
    ],
    ["an endless answer", " ".repeat(REQUEST_LIMITS.max_response_bytes + 1)],
  ])("with %s is asked again, and then the run fails", async (_, answer) => {
    const { outcome, asked } = await decideWith([answer]);
    expect(outcome).toMatchObject({ kind: "pack_failed", reason_code: "MODEL_OUTPUT_INVALID" });
    expect(asked).toHaveLength(MODEL_LIMITS.tries);
  });

  test("for a moment is asked again and may recover", async () => {
    const { outcome, asked } = await decideWith([503, completion("nonsense"), completion(TABLE)]);
    expect(outcome.kind).toBe("done");
    expect(asked).toHaveLength(3);
  });

  test.each([
    [500, MODEL_LIMITS.tries],
    [429, MODEL_LIMITS.tries],
    [401, 1],
    [404, 1],
  ])("with status %i is asked %i times, and nothing internal is told", async (status, times) => {
    const { outcome, asked } = await decideWith([status]);
    expect(outcome).toMatchObject({ kind: "pack_failed", reason_code: "MODEL_UNAVAILABLE" });
    expect(asked).toHaveLength(times);
    expect(JSON.stringify(outcome)).not.toMatch(/sk-secret|127\.0\.0\.1|10\.0\.0\.1/);
  });
});

describe("a table that a model fills in and that is drawn many times", () => {
  const names = (count: number) => Array.from({ length: count }, (_, index) => `name ${index}`);
  const tableOf = (rows: number, columns: number) => ({
    options: names(rows),
    criteria: names(columns).map((name) => ({ name, weight: 1, direction: "max" })),
    scores: Object.fromEntries(
      names(rows).map((row, at) => [row, Object.fromEntries(names(columns).map((name) => [name, at]))]),
    ),
  });

  // 10,000,000 steps: samples x 200 cells x the most options that there may be.
  test.each<[number, number, Partial<DecisionInputs>, number]>([
    [50, 4, {}, 1_000],
    [40, 5, { options: names(40) }, 1_250],
    [20, 10, { criteria: tableOf(1, 10).criteria as DecisionInputs["criteria"] }, 2_500],
  ])("of %i x %i is taken where what was given was: %o", async (rows, columns, given, samples) => {
    const drawn = (count: number) => ({ ...given, method: "promethee" as const, uncertainty: { samples: count } });
    const refused = decisionOffer.inputs.safeParse({ question: "Which?", ...drawn(samples + 1) });
    expect(refused.error?.issues.map(({ path }) => path.join("."))).toEqual(["uncertainty.samples"]);
    const inputs = decisionOffer.inputs.parse({ question: "Which?", ...drawn(samples) });
    const text = completion(tableOf(rows, columns));
    expect(accept({ text, inputs })).toMatchObject({ kind: "ok" });
  });

  test("is asked for scores above 0 where the normalisation needs them", async () => {
    const { asked } = await decideWith([completion(TABLE)], { normalisation: "sum" });
    const usual = await decideWith([completion(TABLE)]);
    const taskOf = (each: Asked | undefined) => each?.body.messages[0]?.content ?? "";
    expect(taskOf(asked[0])).toBe(`${taskOf(usual.asked[0])} Every score is above 0.`);
  });
});

describe("a model that is not asked", () => {
  test.each<[string, Partial<DecisionInputs>, string]>([
    ["a complete table", TABLE as Partial<DecisionInputs>, "WINNER"],
    ["a table with a hole", { ...(TABLE as Partial<DecisionInputs>), scores: { Stay: { rent: 1 } } }, "NEEDS_INPUT"],
    ["a single option", { options: ["Stay"] }, "NEEDS_INPUT"],
  ])("%s is left to the caller", async (_, inputs, verdict) => {
    const { outcome, asked } = await decideWith([completion(TABLE)], inputs);
    expect(outcome).toMatchObject({ data: { verdict } });
    expect(asked).toHaveLength(0);
  });
});

test("an abort while the model thinks rejects with its reason", async () => {
  const stop = new AbortController();
  const reason = new Error("timebox");
  await using server = await serve(() => stop.abort(reason));
  const pack = decisionPack({ url: server.origin, model: "slow" });
  const inputs = decisionOffer.inputs.parse({ question: "Should we move?" });
  await expect(pack.run(inputs, context(stop.signal))).rejects.toBe(reason);
});
