import { encodeSignal } from "#core/domain/message.ts";
import { TRACEPARENT } from "../actors/client.ts";
import { DAY_AND_MORE_MS, firstTimes, type Scene, SLOW_SWEEPS } from "./stage.ts";

/** Workers that come back late. */
export const WORK_SCENES: readonly Scene[] = [
  {
    // It wakes with a failure to tell; by then another attempt of the run goes on.
    name: "a worker that slept through its lease does not fail the run that another holds",
    funds: 100_000,
    plan: () => firstTimes("worker", "extend-lease", [{ fault: "stall", ms: 250_000 }]),
    play: async ({ world, intent, ask, wait }) => {
      await ask(intent("slept-through", { ms: 150_000, end: "fail", timebox_sec: 200 }));
      await wait(600_000);
      if (world.books.runs[0]?.attempt !== 2) world.violate("0: there was no second attempt");
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
      await act(async () => world.stores.queue.send(encodeSignal({ run_id, traceparent: TRACEPARENT })));
      await wait(900_000);
      if ((world.books.runs[0]?.attempt ?? 0) < 3) world.violate("0: there was no third attempt");
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
      const purged = JSON.stringify(world.books.runs);
      if (world.books.runs.some((run) => run.purged_at === null)) world.violate("7: a run is kept past its retention");
      await wait(120_000);
      await act(() => world.look());
      if (JSON.stringify(world.books.runs) !== purged) world.violate("3: a run changed after its end");
      if (world.stores.objects.all.size !== 1) world.violate("0: the worker never woke");
    },
  },
];
