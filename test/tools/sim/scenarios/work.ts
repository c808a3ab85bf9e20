import { encodeSignal } from "#core/domain/message.ts";
import { SUBMITTED } from "../../../support/submission.ts";
import { DAY_AND_MORE_MS, firstTimes, type Scenario, SLOW_SWEEPS } from "./stage.ts";

const completed = { status: "COMPLETED", charged_micros: 1_000 };

/** Workers that come back late, and runs that wait their turn. */
export const WORK_SCENARIOS: readonly Scenario[] = [
  {
    // Its timebox and grace have passed when its turn comes; its work has still to begin.
    name: "a run that waits its turn keeps its lease and its whole timebox",
    funds: 100_000,
    play: async ({ world, intent, ask, wait, run }) => {
      await ask(intent("waits", { wait_ms: 55_000, ms: 20_000, timebox_sec: 25 }));
      await wait(200_000);
      const { attempt, uncounted_requeues, status, charged_micros } = run();
      if (attempt !== 1 || uncounted_requeues !== 0) world.violate("0: the run that waited was started again");
      if (status !== completed.status || charged_micros !== completed.charged_micros) {
        world.violate(`0: the run that waited is ${status}, for ${charged_micros}`);
      }
    },
  },
  {
    name: "a run that waits too long goes back three times, not counted, and then waits on",
    funds: 100_000,
    play: async ({ world, intent, ask, wait, run }) => {
      await ask(intent("waits-too-long", { wait_ms: 62_000 }));
      await wait(600_000);
      const { attempt, uncounted_requeues, status, charged_micros } = run();
      if (attempt !== 4 || uncounted_requeues !== 3)
        world.violate(`0: it went back ${uncounted_requeues} times of ${attempt}`);
      if (status !== completed.status || charged_micros !== completed.charged_micros) {
        world.violate(`0: the run that waited too long is ${status}, for ${charged_micros}`);
      }
    },
  },
  {
    name: "a run that waits for an hour, after it went back three times, keeps its lease and completes",
    funds: 100_000,
    play: async ({ world, intent, ask, wait, run }) => {
      await ask(intent("waits-an-hour", { wait_ms: 3_600_000 }));
      await wait(4_000_000);
      const { attempt, uncounted_requeues, status, charged_micros } = run();
      if (attempt !== 4 || uncounted_requeues !== 3)
        world.violate(`0: it went back ${uncounted_requeues} times of ${attempt}`);
      if (status !== completed.status || charged_micros !== completed.charged_micros) {
        world.violate(`0: the run that waited an hour is ${status}, for ${charged_micros}`);
      }
    },
  },
  {
    name: "a run whose process is killed at each attempt is tried three times, and fails for nothing",
    funds: 100_000,
    play: async ({ world, intent, ask, wait, run }) => {
      await ask(intent("killed", { end: "lose" }));
      await wait(600_000);
      const { attempt, uncounted_requeues, status, reason_code, charged_micros } = run();
      if (attempt !== 3 || uncounted_requeues !== 0)
        world.violate(`0: it went back ${uncounted_requeues} times of ${attempt}`);
      if (status !== "FAILED" || reason_code !== "WORK_PROCESS_LOST" || charged_micros !== 0) {
        world.violate(`0: it is ${status}, ${reason_code}, for ${charged_micros}`);
      }
    },
  },
  {
    // It wakes with a failure to tell; by then another attempt of the run goes on.
    name: "a worker that slept through its lease does not fail the run that another holds",
    funds: 100_000,
    plan: () => firstTimes("worker", "extend-lease", [{ fault: "stall", ms: 250_000 }]),
    play: async ({ world, intent, ask, wait }) => {
      await ask(intent("slept-through", { ms: 150_000, end: "fail", timebox_sec: 200 }));
      await wait(600_000);
      if (world.snapshot.runs[0]?.attempt !== 2) world.violate("0: there was no second attempt");
    },
  },
  {
    // When it wakes, its tombstone stands, and another attempt has claimed the run under a token of its own.
    name: "a worker whose claim was buried does not close the run under another's claim",
    funds: 100_000,
    plan: () =>
      firstTimes("worker", "put", [
        { fault: "stall", ms: 290_000 },
        { fault: "stall", ms: 200_000 },
      ]),
    play: async ({ world, intent, ask, wait, act }) => {
      const run_id = (await ask(intent("buried-alive"))).slice(4);
      await wait(150_000);
      // Its lease has passed by now, and its claim stands: a signal too many must not start it again.
      await act(async () => world.stores.queue.send(encodeSignal({ run_id, traceparent: SUBMITTED.traceparent })));
      await wait(900_000);
      if ((world.snapshot.runs[0]?.attempt ?? 0) < 3) world.violate("0: there was no third attempt");
    },
  },
  {
    // Its tombstone is forgotten with all else, so its upload succeeds: a stray, and nothing more.
    name: "a worker that wakes a day after its claim, past its run's retention, changes nothing",
    funds: 100_000,
    plan: () => firstTimes("worker", "put", [{ fault: "stall", ms: DAY_AND_MORE_MS }]),
    settings: SLOW_SWEEPS,
    play: async ({ world, intent, ask, wait, act }) => {
      await ask(intent("outlives-its-run"));
      await wait(DAY_AND_MORE_MS - 60_000);
      const purged = JSON.stringify(world.snapshot.runs);
      if (world.snapshot.runs.some((run) => run.purged_at === null))
        world.violate("7: a run is kept past its retention");
      await wait(120_000);
      await act(() => world.look());
      if (JSON.stringify(world.snapshot.runs) !== purged) world.violate("3: a run changed after its end");
      if (world.stores.objects.all.size !== 1) world.violate("0: the worker never woke");
    },
  },
];
