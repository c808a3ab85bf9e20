import { type Boundary, type Decision, FAULTS, type Fault } from "../faults.ts";
import type { Scenario, Stage } from "./stage.ts";

const STATEMENTS = ["lease-runs", "begin-finalizes", "complete-runs"] as const;
type BatchStatement = (typeof STATEMENTS)[number];

/** One worker's slots, filled by one receive. */
const RUNS = 4;
const CHARGE = 1_000;
const MONEY = { funds: 100_000, spending_cap: 90_000 };
const LONG_MS = 200_000;
/** Longer than a call takes. */
const GATHER_MS = 50;
/** Longer than three leases and the claims after them. */
const ENOUGH_MS = 1_200_000;
/** Sooner than any sweep does anything for them. */
const SOON_MS = 30_000;

/** What happens at the first of these statements that is about several runs. */
interface Ambush {
  readonly statement: BatchStatement;
  readonly decide: () => Decision;
  met: number;
}

function planOf(ambush: Ambush) {
  let isGathered = false;
  return {
    at: ({ process, operation, size }: Boundary): Decision => {
      if (!process.startsWith("worker") || operation !== ambush.statement) return {};
      if (size < 2) {
        // While the first run's flight is held up, the others come to where they ask for the next.
        const decision: Decision = isGathered ? {} : { fault: "stall", ms: GATHER_MS };
        isGathered = true;
        return decision;
      }
      ambush.met += 1;
      return ambush.met === 1 ? ambush.decide() : {};
    },
  };
}

/** The first receives of all workers end empty while one of them sleeps: it gets all signals by its second one. */
async function askAtOnce({ workers, intent, ask, wait }: Stage): Promise<void> {
  const [worker, other] = workers;
  other?.end();
  await wait(19_000);
  worker?.pause(6_000);
  await wait(3_000);
  await Promise.all(Array.from({ length: RUNS }, (_, nth) => ask(intent(`one-of-several-${nth}`))));
}

function endsWell({ world }: Stage, canceled: readonly string[] = []): void {
  const { runs } = world.snapshot;
  if (runs.length !== RUNS) world.violate(`3: there are ${runs.length} runs`);
  for (const { run_id, status, charged_micros } of runs) {
    if (canceled.includes(run_id) && status === "CANCELED") continue;
    if (status !== "COMPLETED" || charged_micros !== CHARGE) {
      world.violate(`3: run ${run_id} is ${status}, for ${charged_micros}`);
    }
  }
}

const ambushed = (statement: BatchStatement, fault: Fault): Scenario => {
  const ambush: Ambush = { statement, decide: () => ({ fault, ms: LONG_MS }), met: 0 };
  return {
    name: `${statement} for several runs: ${fault}`,
    ...MONEY,
    plan: () => {
      ambush.met = 0;
      return planOf(ambush);
    },
    play: async (stage) => {
      await askAtOnce(stage);
      await stage.wait(ENOUGH_MS);
      if (ambush.met === 0) stage.world.violate(`0: no ${statement} was about several runs`);
      endsWell(stage);
    },
  };
};

const untroubled = (statement: BatchStatement): Scenario => {
  const ambush: Ambush = { statement, decide: () => ({}), met: 0 };
  return {
    name: `${statement} for several runs: each under its own token, at its first attempt, before any sweep`,
    ...MONEY,
    plan: () => {
      ambush.met = 0;
      return planOf(ambush);
    },
    play: async (stage) => {
      await askAtOnce(stage);
      await stage.wait(SOON_MS);
      if (ambush.met === 0) stage.world.violate(`0: no ${statement} was about several runs`);
      endsWell(stage);
      if (stage.world.snapshot.runs.some(({ attempt }) => attempt !== 1)) stage.world.violate("0: an attempt was lost");
    },
  };
};

/** One of the runs is canceled while the statement for all of them is on its way. */
const canceled = (statement: BatchStatement): Scenario => {
  let cancel = (): void => undefined;
  const ambush: Ambush = {
    statement,
    decide: () => {
      cancel();
      return {};
    },
    met: 0,
  };
  return {
    name: `${statement} for several runs, one of which is canceled meanwhile`,
    ...MONEY,
    plan: () => {
      ambush.met = 0;
      return planOf(ambush);
    },
    play: async (stage) => {
      const { world, edge, account } = stage;
      let last = "";
      cancel = () =>
        world.scheduler.after(0, undefined, () => {
          last = world.snapshot.runs.at(-1)?.run_id ?? "";
          void edge.cancel({ key_sha256: account.key_sha256, address: "192.0.2.1" }, last);
        });
      await askAtOnce(stage);
      await stage.wait(ENOUGH_MS);
      if (last === "") world.violate(`0: no ${statement} was about several runs`);
      endsWell(stage, [last]);
    },
  };
};

/** Group commit: a batch of several runs is refused, is lost, is applied and not answered; or its worker dies around it. */
export const BATCH_SCENARIOS: readonly Scenario[] = STATEMENTS.flatMap((statement) => [
  untroubled(statement),
  canceled(statement),
  ...FAULTS.map((fault) => ambushed(statement, fault)),
]);
