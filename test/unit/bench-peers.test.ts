import { describe, expect, it } from "vitest";
import type { SystemName } from "../tools/bench/peers/peer-order.ts";
import { bestConcurrency, median, peerAims, peerRatios, type PeerRow } from "../tools/bench/peers/peer-report.ts";

interface Given {
  readonly per_second: number;
  readonly worker: number;
  readonly round?: number;
  readonly concurrency?: number;
}

const row = (system: SystemName, { per_second, worker, round = 1, concurrency = 32 }: Given): PeerRow => ({
  round,
  system,
  concurrency,
  runs: 1_000,
  per_second,
  cpu_us: { worker, postgres: 500, redis: 100, fronts: 9_000 },
  fsyncs_per_run: 1,
  transactions_per_run: 1,
  submits_per_second: 100,
  submit_cpu_us: { submitter: 1_000, postgres: 1_000 },
  submit_fsyncs: 1,
});

describe("median", () => {
  it("is the middle value, the mean of two middle ones, and undefined of none", () => {
    expect([median([3, 1, 2]), median([4, 1, 2, 3]), median([])]).toEqual([2, 2.5, undefined]);
  });
});

describe("the comparison with job queues", () => {
  it("compares each system at the concurrency at which its median round is fastest", () => {
    const rows = [
      row("bullmq", { per_second: 300, worker: 400, concurrency: 10 }),
      row("bullmq", { per_second: 200, worker: 400, concurrency: 32 }),
    ];
    expect(bestConcurrency(rows, "bullmq")).toBe(10);
    expect(bestConcurrency(rows, "pg-boss")).toBeUndefined();
  });

  it("counts CPU of worker, Postgres and Redis, and none of the fronts", () => {
    const ratios = peerRatios([
      row("decisionproof", { per_second: 100, worker: 1_400 }),
      row("bullmq", { per_second: 100, worker: 400 }),
    ]);
    expect(ratios.find(({ what }) => what === "CPU of a run")).toMatchObject({ peer: "bullmq", median: 2 });
  });

  it("takes the median of the ratios within a round, so that a slow round slows both", () => {
    const rows = [1, 2, 3].flatMap((round) => [
      row("decisionproof", { round, per_second: 100 * round, worker: 1_000 }),
      row("pg-boss", { round, per_second: 200 * round, worker: 1_000 }),
    ]);
    expect(peerRatios(rows).find(({ what }) => what === "runs/s")).toMatchObject({
      median: 0.5,
      least: 0.5,
      most: 0.5,
      noisy: false,
    });
  });

  it("judges no aim by rounds that differ by more than twice, and none that was not measured", () => {
    const rows = [
      row("decisionproof", { round: 1, per_second: 100, worker: 1_000 }),
      row("bullmq", { round: 1, per_second: 100, worker: 1_000 }),
      row("decisionproof", { round: 2, per_second: 300, worker: 1_000 }),
      row("bullmq", { round: 2, per_second: 100, worker: 1_000 }),
    ];
    const verdicts = new Map(peerAims(peerRatios(rows)).map(({ aim, verdict }) => [aim, verdict]));
    expect(verdicts.get("more runs/s than bullmq")).toBe("noisy");
    expect(verdicts.get("CPU of a run at most bullmq's")).toBe("yes");
    expect(verdicts.get("more runs/s than graphile-worker")).toBe("not measured");
  });

  it("holds pg-boss's CPU to 1.1 times, and no other's", () => {
    const rows = [
      row("decisionproof", { per_second: 100, worker: 450 }),
      row("pg-boss", { per_second: 100, worker: 400 }),
      row("graphile-worker", { per_second: 100, worker: 400 }),
    ];
    const verdicts = new Map(peerAims(peerRatios(rows)).map(({ aim, verdict }) => [aim, verdict]));
    expect(verdicts.get("CPU of a run at most 1.1 times pg-boss's")).toBe("yes");
    expect(verdicts.get("CPU of a run at most graphile-worker's")).toBe("no");
  });
});
