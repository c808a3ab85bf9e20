import {
  acceptedAs,
  ADA,
  BOB,
  BOBS_RUN,
  budgetAt,
  cancelAt,
  FAILED_RUN,
  lookAt,
  probeAt,
  refusedWith,
  resultAt,
  revokeAt,
  RUN,
  submitAt,
} from "./history-events.ts";
import type { CheckedWorld } from "./sound-world.ts";

export const first = <T>(items: readonly T[], which: (item: T) => boolean = () => true): T => {
  const found = items.find(which);
  if (found === undefined) throw new Error("nothing to doctor");
  return found;
};
export const runOf = (world: CheckedWorld, run_id = RUN) => first(world.evidence.runs, (run) => run.run_id === run_id);
const drop = <T>(items: T[], which: (item: T) => boolean) => items.splice(items.findIndex(which), 1);

/** What is tampered, and the beginning of the rule that must notice. */
export const TAMPERED: readonly (readonly [what: string, rule: string, doctor: (world: CheckedWorld) => unknown])[] = [
  [
    "a balance that its transfers do not make",
    "1: granted",
    ({ evidence }) => (first(evidence.balances).available -= 1),
  ],
  ["money that came from nowhere", "1: granted", ({ evidence }) => (first(evidence.balances).granted += 1)],
  [
    "a budget that was seen not to add up",
    "1: granted",
    ({ history }) => history.push(budgetAt(400, { available: 89_001 })),
  ],
  [
    "a budget that was seen below zero",
    "1: granted",
    ({ history }) => history.push(budgetAt(400, { available: -1, reserved: 89_001 })),
  ],
  [
    "a key that was seen over its cap",
    "1: granted",
    ({ history }) => history.push(budgetAt(400, { cap: 10, committed: 11 })),
  ],
  [
    "a grant that was given twice",
    "1: every grant",
    ({ evidence }) => evidence.transfers.push({ ...first(evidence.transfers) }),
  ],
  ["a grant that was lost", "1: every grant", ({ evidence }) => evidence.transfers.shift()],
  ["a grant that nobody gave", "1: every grant", ({ history }) => history.shift()],
  [
    "a finding of the product's own audit",
    "the product's own audit",
    ({ evidence }) => evidence.findings.push({ tenant_id: ADA, run_id: RUN, kind: "run-sums", detail: {} }),
  ],
  [
    "a capped key that spent nothing and pays",
    "1: a capped",
    ({ evidence }) => (first(evidence.spending).committed = 1),
  ],
  ["usage that was lost", "1: usage", ({ evidence }) => evidence.usage.pop()],
  ["usage that was counted twice", "1: usage", ({ evidence }) => (first(evidence.usage).completed += 1)],
  [
    "a state that does not follow from the one before",
    "1: every balance",
    ({ evidence }) => drop(evidence.states, (state) => state.causes.includes(RUN)),
  ],
  [
    "a balance that went below zero for a moment",
    "1: every balance",
    ({ evidence }) => (first(evidence.states, (state) => state.causes.includes(RUN)).available = -1),
  ],
  ["more open runs than the plan allows", "1: every balance", ({ evidence }) => evidence.most_open.set(ADA, 0)],
  [
    "a run that was charged twice",
    "2:",
    ({ evidence }) => evidence.transfers.push(first(evidence.transfers, (each) => each.kind === "CHARGE")),
  ],
  [
    "a run that was charged above its reservation",
    "2:",
    ({ evidence }) => (first(evidence.transfers, (each) => each.kind === "CHARGE").amount = 50_001),
  ],
  [
    "a run that was reserved for twice",
    "2:",
    ({ evidence }) => evidence.transfers.push(first(evidence.transfers, (each) => each.kind === "RESERVE")),
  ],
  ["a refund that is missing", "2:", ({ evidence }) => drop(evidence.transfers, (each) => each.kind === "REFUND")],
  ["a failure that cost more than the minimum fee", "2:", (world) => (runOf(world, FAILED_RUN).minimum_fee = 4_000)],
  ["a charge that the row does not know", "2:", (world) => (runOf(world).charged = 10_999)],
  ["an end that was told twice", "2:", (world) => (runOf(world).endings = 2)],
  ["transfers of a run that is not there", "2:", (world) => drop(world.evidence.runs, (run) => run.run_id === RUN)],
  [
    "a run that was answered with 202 and is gone",
    "3: a run",
    (world) => drop(world.evidence.runs, (run) => run.run_id === RUN),
  ],
  ["a run that never ended", "3: a run", (world) => (runOf(world).status = "PROCESSING")],
  [
    "an owner who is told that the run is not there",
    "3: a run",
    ({ history }) => history.push(lookAt(400, RUN, refusedWith(404, "not-found"))),
  ],
  [
    "a cancel that was done and is not",
    "3: a cancel",
    ({ history }) => history.push(cancelAt(400, RUN, 200, "PROCESSING")),
  ],
  [
    "a cancel that was taken on and lost",
    "3: a cancel",
    ({ history }) => history.push(cancelAt(400, FAILED_RUN, 202, "PROCESSING")),
  ],
  ["an ending that was seen and changed", "3: an ending", (world) => (runOf(world).status = "FAILED")],
  ["two runs under one key", "4: one", ({ history }) => history.push(submitAt(400, acceptedAs(FAILED_RUN, true)))],
  ["a run that was made twice", "4: one", ({ history }) => history.push(submitAt(400, acceptedAs(RUN)))],
  [
    "another payload that was answered with the run of the first",
    "4: one",
    ({ history }) => history.push(submitAt(400, acceptedAs(RUN, true), { payload_sha256: "another" })),
  ],
  [
    "a run that nobody asked for",
    "4: one",
    ({ history }) => drop(history, (each) => each.op === "submit" && each.tenant_id === BOB),
  ],
  [
    "a run although every answer refused it",
    "4: a refused",
    (world) => {
      for (const event of world.history) {
        if (event.op === "submit" && event.tenant_id === BOB) event.outcome = refusedWith(422, "budget-exceeded");
      }
    },
  ],
  ...(["budget-exceeded", "too-many-open-runs", "pack-not-in-plan", "idempotency-conflict"] as const).map(
    (slug) =>
      [
        `${slug} for a run that exists`,
        "4: a run that exists",
        ({ history }: CheckedWorld) => history.push(submitAt(400, refusedWith(422, slug))),
      ] as const,
  ),
  [
    "another payload that is refused for want of funds while the key's run exists",
    "4: a run that exists",
    ({ history }) => history.push(submitAt(400, refusedWith(422, "budget-exceeded"), { payload_sha256: "another" })),
  ],
  [
    "a conflict with nothing",
    "4: a conflict",
    ({ history }) =>
      history.push(submitAt(400, refusedWith(409, "idempotency-conflict"), { idempotency_key: "client-000-000009" })),
  ],
  [
    "a reservation before it was asked for",
    "4: a run is admitted",
    ({ evidence }) => (first(evidence.states, (state) => state.causes.includes(RUN)).at -= 50),
  ],
  [
    "a reservation after its 202",
    "4: a run is admitted",
    ({ evidence }) => (first(evidence.states, (state) => state.causes.includes(RUN)).at += 20),
  ],
  [
    "a reservation long after its client gave up",
    "4: a run is admitted",
    ({ evidence }) => (first(evidence.states, (state) => state.causes.includes(FAILED_RUN)).at += 16_000),
  ],
  ["a revoked key that works", "a revoked key", ({ history }) => history.push(revokeAt(400), budgetAt(420, {}))],
  [
    "a good key that is turned away",
    "a key that is not revoked",
    ({ history }) => history.push(submitAt(400, refusedWith(401, "unauthorized")), revokeAt(420)),
  ],
  [
    "a plan that refuses what it includes",
    "what the plan includes",
    ({ history }) =>
      history.push(submitAt(400, refusedWith(403, "pack-not-in-plan"), { idempotency_key: "client-000-000009" })),
  ],
  [
    "a fit request that is called unfit",
    "a request that fits",
    ({ history }) => history.push(lookAt(400, RUN, refusedWith(400, "invalid-request"))),
  ],
  [
    "a 422 that contradicts itself",
    "a 422 names less",
    ({ history }) =>
      history.push(
        submitAt(
          400,
          { ...refusedWith(422, "budget-exceeded"), available: 50_000, whose: "tenant" },
          { idempotency_key: "client-000-000009" },
        ),
      ),
  ],
  ["a completed run without a result", "5: one", ({ evidence }) => evidence.objects.shift()],
  [
    "two results of one run",
    "5: one",
    ({ evidence }) => evidence.objects.push({ ...first(evidence.objects), key: `results/${ADA}/${RUN}/2.json` }),
  ],
  ["a result of another content", "5: one", ({ evidence }) => (first(evidence.objects).sha256 = "other")],
  ["a result of another cost", "5: one", ({ evidence }) => (first(evidence.objects).cost = 10_999)],
  [
    "a result of a run that failed",
    "5: one",
    ({ evidence }) => (first(evidence.objects, (each) => each.tombstone).tombstone = false),
  ],
  ["a download that is not what was told", "5: what", ({ history }) => history.push(resultAt(400, "other"))],
  [
    "an answer that names another tenant's run",
    "6:",
    ({ history }) => history.push({ ...probeAt(400, refusedWith(404, "not-found")), named: [BOBS_RUN] }),
  ],
  [
    "a question for another tenant's run that is answered",
    "6:",
    ({ history }) => history.push(probeAt(400, { kind: "ok" })),
  ],
  [
    "a question for another tenant's run that is forbidden rather than not found",
    "6:",
    ({ history }) => history.push(probeAt(400, refusedWith(409, "run-not-completed"))),
  ],
  ["a reservation that is held at rest", "7: at rest", ({ evidence }) => (first(evidence.balances).reserved = 1)],
  ["an open run at rest", "7: at rest", ({ evidence }) => (first(evidence.balances).open_runs = 1)],
  ["a mirror that differs", "7: at rest", ({ evidence }) => (first(evidence.mirrors).available = "84001")],
  ["a mirror that is not there", "7: at rest", ({ evidence }) => (first(evidence.mirrors).available = null)],
  [
    "a mirror of the second region that differs",
    "7: at rest",
    ({ evidence }) => {
      const second = evidence.mirrors.find((each) => each.shield === "redis-2" && each.tenant_id === BOB);
      Object.assign(second ?? {}, { available: "1" });
    },
  ],
  ["a second shield that knows nothing of a tenant", "7: at rest", ({ evidence }) => evidence.mirrors.pop()],
  ["no mirror at all", "7: at rest", ({ evidence }) => (evidence.mirrors = [])],
  ["a mirror that still holds a run", "7: at rest", ({ evidence }) => (first(evidence.mirrors).open_runs = 1)],
];
