import pg from "pg";
import { afterAll, describe, expect, it } from "vitest";
import { type HorizonSeen, sweepHorizon } from "../../backend/reaper/sweeps/horizon.ts";
import type { Db } from "#core/ports/db.ts";
import { virtualTime } from "../unit/virtual-time.ts";
import { createMoneyWorld } from "./support/money-world.ts";
import { recorder } from "./support/recorder.ts";

const world = await createMoneyWorld();
afterAll(() => world.close());

/** A sweep by a clock that the test moves: the gauge, and how many warnings there were. */
function watched(db: Db) {
  const time = virtualTime();
  const heard = recorder();
  const seen: HorizonSeen = { horizon: undefined, since_ms: 0, warned: false };
  return async (seconds: number) => {
    await time.pass(seconds * 1_000);
    await sweepHorizon({ db, clock: time.clock, ...heard }, seen);
    return [heard.last("commit_horizon_age_seconds"), heard.lines.filter(({ level }) => level === "warn").length];
  };
}

/** A server on which a test says what is in progress: others use the real one. */
const standing = (...states: readonly (readonly [horizon: number, next: number])[]): Db => {
  const left = [...states];
  return {
    query: async () => {
      const [horizon, next] = left.shift() ?? expect.unreachable();
      return [{ horizon: String(horizon), next: String(next) }];
    },
  };
};

describe("the age of the commit-order horizon", () => {
  it("grows while one transaction stays open, and is told as a warning once, from a minute on", async () => {
    const sweep = watched(standing([7, 9], [7, 12], [7, 30], [7, 31], [7, 32]));
    expect(await sweep(0)).toEqual([0, 0]);
    expect(await sweep(15)).toEqual([15, 0]);
    expect(await sweep(44)).toEqual([59, 0]);
    expect(await sweep(1)).toEqual([60, 1]);
    expect(await sweep(600)).toEqual([660, 1]);
  });

  it("begins again where the horizon moves, and is nothing where no transaction is open", async () => {
    const sweep = watched(standing([7, 9], [7, 9], [8, 10], [8, 10], [10, 10], [10, 10], [10, 11], [10, 11]));
    const ages = [];
    for (let round = 0; round < 8; round++) ages.push((await sweep(100))[0]);
    expect(ages).toEqual([0, 100, 0, 100, 0, 0, 100, 200]);
  });

  it("is that of a transaction that wrote anywhere on the server, and is seen by the reaper's role", async () => {
    const sweep = watched(world.backend);
    const elsewhere = new pg.Client({ connectionString: world.ownerUrl.replace(/\/[^/]+$/, "/postgres") });
    await elsewhere.connect();
    await elsewhere.query("BEGIN");
    await elsewhere.query("SELECT pg_current_xact_id()");
    // Others of this server may be open since longer; they end, and this one does not.
    while ((await sweep(100))[0] === 0);
    expect(await sweep(100)).not.toContain(0);
    await elsewhere.query("ROLLBACK");
    await elsewhere.end();
    while ((await sweep(100))[0] !== 0);
  });
});
