import type { PortName } from "../faults.ts";
import { allOf, firstTimes, type Scenario, type Stage } from "./stage.ts";

const LOST = { fault: "lose-reply" } as const;
const REFUSED = { fault: "refuse" } as const;
const OUTAGE_MS = 30_000;
const WORK_MS = 40_000;

/** Whatever was out for less than a lease, the run's first attempt is the one that ends it. */
const endsAtFirst = ({ world, run }: Stage, status = "COMPLETED"): void => {
  if (run().status !== status) world.violate(`3: the run is ${run().status}, not ${status}`);
  if (run().attempt !== 1) world.violate(`3: an outage shorter than a lease burned ${run().attempt - 1} attempts`);
};

const out = async ({ world, wait }: Stage, ports: readonly PortName[]): Promise<void> => {
  for (const port of ports) world.network.down.add(port);
  await wait(OUTAGE_MS);
  world.network.down.clear();
};

/** A worker's calls of one kind that get no answer, some done and some not. */
const unanswered = (operation: string): Scenario => ({
  name: `${operation} gets no answer three times: no attempt is burned`,
  funds: 100_000,
  plan: () => firstTimes("worker", operation, [LOST, REFUSED, LOST]),
  play: async (stage) => {
    await stage.ask(stage.intent(`unanswered-${operation}`, { ms: WORK_MS }));
    await stage.wait(240_000);
    endsAtFirst(stage);
  },
});

/** Stores that are out for half a minute, at every moment of a run's life. */
const outage = (ports: readonly PortName[], after_ms: number, end: "done" | "fail"): Scenario => ({
  name: `${ports.join(", ")} out for 30 s, ${after_ms} ms after a submit that is ${end}: no attempt is burned`,
  funds: 100_000,
  play: async (stage) => {
    await stage.ask(stage.intent("through-an-outage", { ms: WORK_MS, end }));
    await stage.wait(after_ms);
    await out(stage, ports);
    await stage.wait(240_000);
    endsAtFirst(stage, end === "done" ? "COMPLETED" : "FAILED");
  },
});

export const OUTAGE_SCENARIOS: readonly Scenario[] = [
  ...["lease-runs", "extend-lease", "begin-finalizes", "put", "complete-runs"].map(unanswered),
  ...(["done", "fail"] as const).flatMap((end) =>
    [0, 20_000, WORK_MS - 10_000].map((after_ms) => outage(["database"], after_ms, end)),
  ),
  outage(["objects"], WORK_MS - 10_000, "done"),
  outage(["database", "objects", "redis", "queue"], WORK_MS - 10_000, "done"),
  {
    name: "a W3 that gets no answer for longer than a timebox and a lease leaves the run to another",
    funds: 100_000,
    plan: () =>
      firstTimes(
        "worker",
        "begin-finalizes",
        Array.from({ length: 60 }, () => REFUSED),
      ),
    play: async ({ world, intent, ask, wait, run }) => {
      await ask(intent("unanswered-for-long"));
      await wait(1_200_000);
      if (run().status !== "COMPLETED") world.violate(`3: the run is ${run().status}`);
      if (run().attempt === 1) world.violate("0: there was no second attempt");
    },
  },
  {
    name: "every step of a worker gets no answer once: no attempt is burned",
    funds: 100_000,
    plan: () =>
      allOf(
        ...["lease-runs", "extend-lease", "begin-finalizes", "put", "complete-runs"].map((operation) =>
          firstTimes("worker", operation, [LOST]),
        ),
      ),
    play: async (stage) => {
      await stage.ask(stage.intent("unanswered-everywhere", { ms: WORK_MS }));
      await stage.wait(240_000);
      endsAtFirst(stage);
    },
  },
];
