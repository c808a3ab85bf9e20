import { rm } from "node:fs/promises";
import { parseArgs } from "node:util";
import { type Bench, startBench } from "./bench.ts";
import { measureBodies } from "./bodies.ts";
import { measureCells, type Pace } from "./cells.ts";
import { measureIsolation } from "./isolation.ts";
import { describeMachine, load1 } from "./machine.ts";
import { measureBacklog, measureEndToEnd } from "./paid-runs.ts";
import { measurePaidWork, printPaidWork } from "./paid-work.ts";
import { measurePeers, type PeersPace } from "./peers/measure-peers.ts";
import { printPeers } from "./peers/peer-report.ts";
import { aimsOf, printReport, ratiosOf, type Report } from "./report.ts";
import { measureScale, printScale } from "./scale.ts";

const STATE_DIR = ".dev/bench";
const USAGE =
  "Usage: npm run bench [-- [--json] [--quick] | --paid [--json] [--quick] | --isolation | --peers [--json] [--quick] | --bodies [--json] | --scale [--json] [--quick]]";

const PACE: Pace = { rounds: 2, warm_ms: 300, measure_ms: 1_200 };
const QUICK: Pace = { rounds: 1, warm_ms: 200, measure_ms: 700 };
const RUNS = 1_500;
const QUICK_RUNS = 200;
const PAID = { rounds: 3, runs: 1_000 };
const QUICK_PAID = { rounds: 1, runs: 200 };
const PEERS: PeersPace = { rounds: 3, warm: 300, runs: 1_000, concurrencies: [10, 32] };
const QUICK_PEERS: PeersPace = { rounds: 1, warm: 200, runs: 300, concurrencies: [10, 32] };

interface Options {
  readonly json: boolean;
  readonly quick: boolean;
  /** Instead of all else: the worker's event loop among hostile inputs. */
  readonly isolation: boolean;
  /** Instead of all else: paid runs by one worker. */
  readonly paid: boolean;
  /** Instead of all else: paid runs beside the same at job queues. */
  readonly peers: boolean;
  /** Instead of all else: what reading hostile bodies costs. */
  readonly bodies: boolean;
  /** Instead of all else: every statement on few and on many closed runs. */
  readonly scale: boolean;
}

function options(): Options {
  try {
    const { values } = parseArgs({
      options: {
        json: { type: "boolean", default: false },
        quick: { type: "boolean", default: false },
        isolation: { type: "boolean", default: false },
        paid: { type: "boolean", default: false },
        peers: { type: "boolean", default: false },
        bodies: { type: "boolean", default: false },
        scale: { type: "boolean", default: false },
      },
    });
    return values;
  } catch (error) {
    console.error(error instanceof Error ? error.message : error);
    console.error(USAGE);
    process.exit(2);
  }
}

async function measure(bench: Bench, quick: boolean, load_before: number): Promise<Report> {
  const began = Date.now();
  const progress = (line: string) => console.error(`... ${line}`);
  const runs = quick ? QUICK_RUNS : RUNS;
  // Paid runs come first: the submits after them leave their runs queued for good.
  progress("paid runs");
  const paid_runs = [
    await measureEndToEnd(bench, runs, 100),
    await measureBacklog(bench, runs, 100),
    await measureBacklog(bench, runs, 1),
  ];
  const cells = await measureCells(bench, quick ? QUICK : PACE, progress);
  const ratios = ratiosOf(cells);
  return {
    machine: await describeMachine(bench, load_before),
    cells,
    ratios,
    paid_runs,
    aims: aimsOf(cells, ratios, paid_runs),
    errors: bench.errors(),
    seconds: (Date.now() - began) / 1000,
  };
}

async function fullReport(): Promise<void> {
  const report = await measure(bench, quick, load_before);
  if (json) console.log(JSON.stringify(report, undefined, 2));
  else printReport(report, (line) => console.log(line));
  if (report.errors > 0) process.exitCode = 1;
}

async function paidReport(): Promise<void> {
  const rows = await measurePaidWork(bench, quick ? QUICK_PAID : PAID, (line) => console.error(`... ${line}`));
  if (json) console.log(JSON.stringify(rows, undefined, 2));
  else printPaidWork(rows, (line) => console.log(line));
}

async function peersReport(): Promise<number> {
  const rows = await measurePeers(STATE_DIR, quick ? QUICK_PEERS : PEERS, (line) => console.error(`... ${line}`));
  if (json) console.log(JSON.stringify(rows, undefined, 2));
  else printPeers(rows, (line) => console.log(line));
  return 0;
}

async function scaleReport(): Promise<number> {
  const rows = await measureScale(STATE_DIR, quick, (line) => console.error(`... ${line}`));
  if (json) console.log(JSON.stringify(rows, undefined, 2));
  else printScale(rows, (line) => console.log(line));
  return 0;
}

const { json, quick, isolation, paid, peers, bodies, scale } = options();
if (bodies) process.exit((await measureBodies(json, (line) => console.log(line))) ? 0 : 1);
const load_before = load1();
await rm(STATE_DIR, { recursive: true, force: true });
if (isolation) process.exit((await measureIsolation(STATE_DIR, (line) => console.log(line))) ? 0 : 1);
if (scale) process.exit(await scaleReport());
if (peers) process.exit(await peersReport());
const bench = await startBench(STATE_DIR);
const interrupted = new Promise<never>((_, reject) => {
  for (const signal of ["SIGINT", "SIGTERM"] as const) process.once(signal, () => reject(new Error("interrupted")));
});
try {
  await Promise.race([paid ? paidReport() : fullReport(), interrupted]);
} catch (error) {
  console.error(`The bench failed: ${error instanceof Error ? error.message : String(error)}`);
  console.error(`The logs of its processes are in ${STATE_DIR}.`);
  process.exitCode = 1;
} finally {
  await bench.stop();
}
