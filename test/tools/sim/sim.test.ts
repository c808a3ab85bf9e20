import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { SAMPLE } from "./exhaustive.ts";
import { type Servers, startServers } from "./commands/servers.ts";
import { doJob, type Work } from "./job.ts";
import { LIFECYCLES } from "./lifecycles.ts";

const SEEDS = 20;
/** Fewer than `npm run sim` asks; CI asks all of them, in `npm run sim -- --singles`. */
const SHARDS = SAMPLE.map(({ lifecycle }) => ({ lifecycle, shard: 0, shards: 12 }));

describe("the protocol in simulated worlds", () => {
  let servers: Servers & { stop(): Promise<void> };
  beforeAll(async () => {
    servers = await startServers();
  });
  afterAll(() => servers.stop());

  const played = async (work: Work) => {
    const { database_url } = servers;
    const tally = await doJob({ database_url, redis_url: servers.redisUrl(0), hunt: false, log: false, work });
    expect(tally.violations).toEqual([]);
    return tally;
  };

  test("says what is written in every scenario and race", async () => {
    const { worlds, replayed } = await played({ kind: "scenarios" });
    expect(worlds).toBeGreaterThan(60);
    expect(replayed).toBeGreaterThan(10);
  });

  test.each(SHARDS.map((shard) => [LIFECYCLES[shard.lifecycle]?.name ?? "", shard] as const))(
    "holds with any one fault at a boundary of: %s",
    async (_, shard) => {
      const { crossed, asked, fired } = await played({ kind: "singles", ...shard });
      expect(crossed).toBeGreaterThan(30);
      expect(asked).toBeGreaterThan(10);
      expect(fired).toBe(asked);
    },
  );

  test(`holds in ${SEEDS} random worlds, and plays them again line by line`, async () => {
    const { replayed, faults, reached } = await played({ kind: "seeds", from: 1, step: 1, count: SEEDS });
    expect(replayed).toBeGreaterThan(0);
    expect(faults).toBeGreaterThan(100);
    expect(reached).toMatchObject({ run_closed: expect.any(Number), lease_requeued: expect.any(Number) });
  });
});
