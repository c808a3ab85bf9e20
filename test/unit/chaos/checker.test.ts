import { describe, expect, test } from "vitest";
import { judge } from "../../tools/chaos/checker/judge.ts";
import { TAMPERED_CLAWBACKS, moveCredit } from "./tampered-clawbacks.ts";
import { TAMPERED, first, runOf } from "./tampered.ts";
import { soundWorld, type CheckedWorld } from "./sound-world.ts";
import { ADA, clawbackAt, FAILED_RUN, refusedWith, RUN, submitAt } from "./history-events.ts";

const rulesOf = ({ evidence, history }: CheckedWorld): readonly string[] => [
  ...new Set(judge(evidence, history).violations.map((each) => each.rule)),
];
describe("the checker of chaos", () => {
  test("finds nothing in a sound world", () => {
    const { evidence, history } = soundWorld();
    const verdict = judge(evidence, history);
    expect(verdict.violations).toEqual([]);
    expect(verdict.drift_micros).toBe(0);
    expect(verdict.refusals).toMatchObject({ exact: 1, needless: 0 });
  });

  test.each(TAMPERED)("notices %s", (_, rule, doctor) => {
    const world = soundWorld();
    doctor(world);
    expect(rulesOf(world)).toContainEqual(expect.stringMatching(new RegExp(`^${rule}`)));
  });

  test.each(TAMPERED_CLAWBACKS)("notices a clawback %s", (_, doctor) => {
    const world = soundWorld();
    doctor(world);
    const rule = expect.stringMatching(/^1: every clawback/);
    expect(judge(world.evidence, world.history).violations).toContainEqual(
      expect.objectContaining({ rule, subject: "clawback" }),
    );
  });

  test("lets a clawback take what is there, and one behind it nothing", () => {
    const world = soundWorld();
    moveCredit(world, 405, "CLAWBACK", 1_000);
    moveCredit(world, 425, "CLAWBACK", 83_000, "all");
    world.history.push(
      clawbackAt(400, 1_000),
      clawbackAt(420, 83_000, { clawback_id: "all", amount: 90_000 }),
      clawbackAt(430, 83_000, { clawback_id: "all", amount: 90_000 }),
      clawbackAt(440, 0, { clawback_id: "late" }),
      clawbackAt(450, 0, { clawback_id: "lost", outcome: { kind: "unknown", why: "lost" } }),
    );
    expect(rulesOf(world)).toEqual([]);
  });

  test("takes runs that one statement closed together, and not where it moves less than all of them", () => {
    const together = (reserved: number, open_runs: number) => {
      const world = soundWorld();
      const { evidence } = world;
      const of = (kind: string, run_id: string) =>
        first(evidence.states, (state) => state.kind === kind && state.causes.includes(run_id));
      const reservedSecond = of("RESERVE", FAILED_RUN);
      Object.assign(reservedSecond, { available: 0, reserved: 100_000, open_runs: 2 });
      const closed = of("REFUND", FAILED_RUN);
      evidence.states = evidence.states.filter((state) => state !== of("REFUND", RUN));
      Object.assign(closed, { causes: [RUN, FAILED_RUN], reserved, open_runs });
      return rulesOf(world).filter((rule) => rule.startsWith("1: every balance"));
    };
    expect(together(0, 0)).toEqual([]);
    expect(together(50_000, 0)).toHaveLength(1);
    expect(together(0, 1)).toHaveLength(1);
  });

  test("takes a frozen run as decided, its money held and mirrored", () => {
    const world = soundWorld();
    const { evidence, history } = world;
    Object.assign(runOf(world), { status: "PROCESSING", money_state: "AUDIT_REQUIRED", charged: null, endings: 0 });
    evidence.transfers = evidence.transfers.filter((each) => each.run_id !== RUN || each.kind === "RESERVE");
    evidence.states = evidence.states
      .filter((state) => !(state.causes.includes(RUN) && state.kind === "REFUND"))
      .map((state) =>
        state.causes.includes(FAILED_RUN)
          ? {
              ...state,
              available: state.available - 39_000,
              reserved: state.reserved + 50_000,
              open_runs: state.open_runs + 1,
            }
          : state,
      );
    Object.assign(first(evidence.balances), { charged: 5_000, reserved: 50_000, available: 45_000, open_runs: 1 });
    for (const mirror of evidence.mirrors) {
      if (mirror.tenant_id === ADA) Object.assign(mirror, { available: "45000", open_runs: 1 });
    }
    Object.assign(first(evidence.usage), { runs: 1, completed: 0, reserved: 50_000, charged: 5_000 });
    world.history = history.filter((each) => each.op !== "look" && each.op !== "result");
    expect(rulesOf(world)).toEqual([]);
  });

  test("lets an unknown submit come true until its deadline, and not be denied before it is known", () => {
    const world = soundWorld();
    first(world.evidence.states, (state) => state.causes.includes(FAILED_RUN)).at += 10_000;
    world.history.push(submitAt(201, refusedWith(422, "budget-exceeded"), { idempotency_key: "client-000-000002" }));
    const refused = first(world.history, (each) => each.op === "submit" && each.mono_invoke === 201);
    if (refused.op === "submit")
      refused.outcome = { ...refusedWith(422, "budget-exceeded"), available: 39_000, whose: "tenant" };
    expect(rulesOf(world)).toEqual([]);
  });

  test.each([
    ["a state that held meanwhile", 39_000, 205, "exact"],
    ["the mirror's own figure while the balance was too small", 33_000, 205, "mirrored"],
    ["a figure that never held while the balance was enough", 33_000, 10_000, "needless"],
  ] as const)("tells a 422 with %s from the others", (_, available, ms, kind) => {
    const world = soundWorld();
    const before = judge(world.evidence, world.history).refusals[kind];
    world.history.push(
      submitAt(
        ms,
        { ...refusedWith(422, "budget-exceeded"), available, whose: "tenant" },
        { idempotency_key: "client-000-000009", reserve: 60_000 },
      ),
    );
    const after = judge(world.evidence, world.history);
    expect(after.refusals[kind]).toBe(before + 1);
    expect(after.violations).toEqual([]);
  });
});
