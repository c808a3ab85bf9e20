import { encodeSignal } from "#core/domain/message.ts";
import { SUBMITTED } from "../../../support/submission.ts";
import { SETTINGS, type WorldSettings } from "../world.ts";
import { allOf, firstTimes, type Scenario, type Stage } from "./stage.ts";

const ONE_ATTEMPT: WorldSettings = {
  ...SETTINGS,
  worker: { ...SETTINGS.worker, max_attempts: 1 },
  reaper: { ...SETTINGS.reaper, max_attempts: 1 },
};
/** Leases pass between two rounds, not at one. */
const OUT_OF_STEP: WorldSettings = { ...SETTINGS, reaper: { ...SETTINGS.reaper, sweep_seconds: 70 } };
const CRASH = { fault: "crash-before" } as const;
const stall = (ms: number) => ({ fault: "stall", ms }) as const;

/** A worker sleeps past its lease, is found, and beats again before the sweep that found it acts: at 150, 180, 185, 190 s. */
const beatAfterLook = async ({ world, workers, intent, ask, wait, act }: Stage): Promise<void> => {
  await ask(intent("beats-again", { ms: 195_000, timebox_sec: 220 }));
  await wait(35_000);
  workers[0]?.pause(150_000);
  // Else its signal would come back to the other worker, for which a passed lease is enough.
  await act(async () => world.stores.queue.lose());
  await wait(600_000);
};

/** Sweeps and workers that meet at one run. The reaper's rounds are at every full minute. */
export const RACE_SCENARIOS: readonly Scenario[] = [
  {
    name: "a run whose attempts are used is not started again by a signal, and fails",
    funds: 100_000,
    settings: OUT_OF_STEP,
    plan: () => firstTimes("worker", "begin-finalizes", [CRASH, CRASH, CRASH]),
    play: async ({ world, intent, ask, wait, act, run }) => {
      const run_id = (await ask(intent("used-up"))).slice(4);
      const isExpired = () => Date.parse(run().lease_expires_at ?? "") < world.scheduler.now();
      for (let i = 0; i < 500 && !(run().attempt === 3 && isExpired()); i++) await wait(2_000);
      await act(async () => world.stores.queue.send(encodeSignal({ run_id, traceparent: SUBMITTED.traceparent })));
      await wait(300_000);
      if (run().reason_code !== "LEASE_EXPIRED" || run().attempt !== 3)
        world.violate("3: it did not fail by its leases");
    },
  },
  {
    name: "a lease that lives again after the sweep's look is not taken",
    funds: 100_000,
    plan: () => firstTimes("reaper", "requeue-expired", [stall(10_000)]),
    play: async (stage) => {
      await beatAfterLook(stage);
      if (stage.run().attempt !== 1) stage.world.violate("0: the lease did not live again");
    },
  },
  {
    name: "a lease that lives again after the sweep's look does not fail the run, though it is its last",
    funds: 100_000,
    settings: ONE_ATTEMPT,
    plan: () => firstTimes("reaper", "fail-expired", [stall(10_000)]),
    play: async (stage) => {
      await beatAfterLook(stage);
      if (stage.run().status !== "COMPLETED") stage.world.violate("3: a run with a live lease did not complete");
    },
  },
  {
    name: "a stopped worker that wakes late does not hand back the run that another holds",
    funds: 100_000,
    play: async ({ world, workers, intent, ask, wait, run }) => {
      await ask(intent("handed-back-late", { ms: 250_000, timebox_sec: 300 }));
      await wait(35_000);
      workers[0]?.stop();
      workers[0]?.pause(200_000);
      await wait(600_000);
      if (run().attempt !== 2) world.violate("0: there was no second attempt");
    },
  },
  {
    name: "an attempt that a late W1 began is not finished by the worker of the one before",
    funds: 100_000,
    plan: () =>
      firstTimes("worker", "lease-runs", [
        { fault: "late", ms: 200_000 },
        { fault: "stall-after", ms: 275_000 },
      ]),
    play: async ({ workers, world, intent, ask, wait, run }) => {
      workers[1]?.pause(275_000);
      await ask(intent("leased-late"));
      await wait(600_000);
      if (run().attempt !== 3 || run().status !== "COMPLETED") world.violate("0: there was no third attempt");
    },
  },
  {
    name: "a sweep that comes late does not undo another attempt's claim",
    funds: 100_000,
    reapers: 2,
    plan: () =>
      allOf(firstTimes("worker", "put", [CRASH, stall(300_000)]), firstTimes("reaper", "roll-back", [stall(100_000)])),
    play: async ({ world, intent, ask, wait, run }) => {
      await ask(intent("rolled-back-late"));
      await wait(900_000);
      if (run().attempt < 3) world.violate("0: there was no third attempt");
    },
  },
  {
    name: "a worker whose tombstone stands, and whose claim is not yet undone, does not complete",
    funds: 100_000,
    plan: () =>
      allOf(firstTimes("worker", "put", [stall(200_000)]), firstTimes("reaper", "roll-back", [stall(60_000)])),
    play: async ({ world, intent, ask, wait, run }) => {
      await ask(intent("buried-not-undone"));
      await wait(600_000);
      if (run().attempt !== 2) world.violate("0: there was no second attempt");
    },
  },
  {
    name: "a run whose last attempt was claimed and lost fails for nothing",
    funds: 100_000,
    settings: ONE_ATTEMPT,
    plan: () => firstTimes("worker", "put", [CRASH]),
    play: async ({ world, intent, ask, wait, run }) => {
      await ask(intent("claimed-and-lost"));
      await wait(400_000);
      if (run().status !== "FAILED" || run().charged_micros !== 0) world.violate("2: it did not fail for nothing");
    },
  },
  ...[
    { when: "before the sweep", wait_ms: 10_000, delay_ms: 0 },
    { when: "between the sweep's look and its step", wait_ms: 182_000, delay_ms: 5_000 },
  ].map(({ when, wait_ms, delay_ms }): Scenario => ({
    name: `a cancel of a claimed run ${when} is honoured`,
    funds: 100_000,
    plan: () => allOf(firstTimes("worker", "put", [CRASH]), firstTimes("reaper", "roll-back", [stall(delay_ms)])),
    play: async ({ world, account, edge, intent, ask, wait, run }) => {
      const run_id = (await ask(intent("to-be-canceled"))).slice(4);
      await wait(wait_ms);
      await edge.cancel({ key_sha256: account.key_sha256, address: "192.0.2.1" }, run_id);
      await wait(300_000);
      if (run().status !== "CANCELED") world.violate(`3: a run that was to be canceled is ${run().status}`);
    },
  })),
];
