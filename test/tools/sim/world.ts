import type { Log } from "#core/ports/log.ts";
import { type Metrics, metricsTo } from "#core/ports/metrics.ts";
import { Outage } from "#core/domain/outage.ts";
import type { ReaperSettings } from "../../../backend/reaper/loop.ts";
import type { LoopSettings } from "../../../backend/worker/loop.ts";
import { lifeFaults } from "./check/life.ts";
import { moneyFaults } from "./check/money.ts";
import snapshotSql from "./check/snapshot.sql";
import type { Snapshot } from "./check/snapshot.ts";
import type { Boundary, Decision, FaultPlan } from "./faults.ts";
import { Network, type Outcome } from "./network.ts";
import type { Stores, Wires } from "./ports.ts";
import { Scheduler, type SimProcess } from "./scheduler.ts";
import type { Seeded } from "./seeded.ts";
import type { Host } from "./stores/host.ts";
import { SimObjects } from "./stores/objects.ts";
import { SimPostgres } from "./stores/postgres.ts";
import { SimQueue } from "./stores/queue.ts";
import { SimRedis } from "./stores/redis.ts";
import { WaitingRoom } from "./stores/waiting-room.ts";

export interface WorldSettings {
  readonly grace_seconds: number;
  readonly worker: LoopSettings;
  readonly reaper: ReaperSettings;
}

/** The production times, with sweeps a little rarer: an idle sweep costs real time here. */
export const SETTINGS: WorldSettings = {
  grace_seconds: 90,
  worker: {
    concurrency: 4,
    stop_seconds: 20,
    lease_seconds: 120,
    heartbeat_seconds: 30,
    max_attempts: 3,
    claimed_seconds: 120,
  },
  reaper: {
    max_attempts: 3,
    claimed_seconds: 120,
    signal_seconds: 60,
    sweep_seconds: 60,
    grace_seconds: 90,
    audit_seconds: 600,
  },
};

const MAX_RECEIVED = 5;
/** Statements that change nothing. */
const READS =
  /^(find-|audit-|tenant-snapshot|admission-snapshot|expired-leases|stale-claims|tenants-moved|tenants-at-work|runs-past-retention|judge-runs|open-findings|run-status)/;

export interface WorldOptions {
  readonly host: Host;
  readonly random: Seeded;
  readonly plan: FaultPlan;
  readonly settings?: WorldSettings;
  /** Something is planted that contradicts a run: it may be frozen, with a finding and a CRITICAL line. */
  readonly mayFreeze?: boolean;
  /** Does what a boundary's decision says beside its fault. */
  readonly onBoundary?: (boundary: Boundary, decision: Decision) => void;
}

/** Errors that a pack was told to make. */
const MEANT: ReadonlySet<string> = new Set(["pack crashed", "the work's process was lost"]);

/** One simulated world: the stores, time, and a watch over every step. */
export class World implements Wires {
  readonly scheduler = new Scheduler();
  readonly random: Seeded;
  readonly settings: WorldSettings;
  readonly stores: Stores;
  readonly network: Network;
  readonly metrics: Metrics;
  readonly mayFreeze: boolean;
  /** Somebody has written to the database past its functions: its books are the audit's to judge, not the world's. */
  isTampered = false;
  /** From when the operator was told that the switch is set, until it goes back to normal. */
  closure: { readonly mode: "read-only" | "halt" } | undefined;
  readonly counts = new Map<string, number>();
  /** What happened, line by line: the same seed gives the same lines. */
  readonly lines: string[] = [];
  readonly violations: string[] = [];
  /** Faults so far, and which of them met which operation. */
  faults = 0;
  readonly met = new Set<string>();
  steps = 0;
  /** By run: who started its latest attempt. */
  readonly #holders = new Map<string, string>();
  #snapshot: Snapshot = {
    runs: [],
    transfers: [],
    balances: [],
    usage: [],
    spending: [],
    keys: [],
    events: [],
    findings: [],
  };

  constructor(options: WorldOptions) {
    const { random, settings = SETTINGS } = options;
    this.random = random;
    this.settings = settings;
    this.mayFreeze = options.mayFreeze ?? false;
    const queue = new SimQueue(random.fork(), {
      visibility_ms: settings.worker.lease_seconds * 1000,
      receive_at_most: MAX_RECEIVED,
    });
    this.stores = {
      postgres: new SimPostgres(options.host),
      redis: new SimRedis(options.host.redis),
      objects: new SimObjects(),
      queue: new WaitingRoom(this.scheduler, queue),
    };
    this.network = new Network({
      scheduler: this.scheduler,
      random: random.fork(),
      plan: options.plan,
      onBoundary: (boundary, decision) => {
        const said = [decision.fault, decision.pause_at, decision.intrusion].filter((each) => each !== undefined);
        this.note(boundary.process, `${boundary.operation} #${boundary.index} ${said.join(" ")}`);
        if (said.length > 0) this.faults += 1;
        for (const each of said) this.met.add(`${boundary.process.replace(/-\d$/, "")} ${boundary.operation} ${each}`);
        options.onBoundary?.(boundary, decision);
      },
      onApplied: (boundary, outcome) => this.#applied(boundary, outcome),
    });
    this.metrics = metricsTo((kind, name, value) => {
      if (kind === "count") this.counts.set(name, (this.counts.get(name) ?? 0) + value);
    });
  }

  get snapshot(): Snapshot {
    return this.#snapshot;
  }

  note(who: string, what: string): void {
    this.lines.push(`${this.scheduler.now()} ${who}: ${what}`);
  }

  violate(law: string): void {
    this.note("LAW", law);
    this.violations.push(law);
  }

  /** Something that no outage explains. */
  fault(who: string, error: unknown): void {
    if (error instanceof Outage) this.note(who, `gave up: ${error.message}`);
    else
      this.violate(`0: ${who} met a fault: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}`);
  }

  async #applied(boundary: Boundary, outcome: Outcome): Promise<void> {
    if ("error" in outcome) return this.fault(`${boundary.process} ${boundary.operation}`, outcome.error);
    if (boundary.port !== "database" || READS.test(boundary.operation)) return;
    if (Array.isArray(outcome.value) && outcome.value.length === 0) return;
    const before = this.#snapshot;
    await this.look(boundary.operation);
    this.#watchHolders(boundary, before);
  }

  /** Whoever started an attempt is the only worker to end it. */
  #watchHolders({ process, operation }: Boundary, before: Snapshot): void {
    const old = new Map(before.runs.map((run) => [run.run_id, run]));
    for (const run of this.#snapshot.runs) {
      const was = old.get(run.run_id);
      if (was === undefined || was.version === run.version) continue;
      if (run.attempt > was.attempt) this.#holders.set(run.run_id, process);
      if (run.uncounted_requeues > was.uncounted_requeues && this.#holders.get(run.run_id) !== process) {
        this.violate(`3: ${process} handed back run ${run.run_id}, which ${this.#holders.get(run.run_id)} holds`);
      }
      const isEnded = was.status === "PROCESSING" && run.status === "FAILED" && operation === "close-run";
      if (isEnded && this.#holders.get(run.run_id) !== process) {
        this.violate(`3: ${process} ended run ${run.run_id}, which ${this.#holders.get(run.run_id)} holds`);
      }
    }
  }

  /** Compares everything with the moment before. */
  async look(operation = ""): Promise<void> {
    const [row] = await this.stores.postgres.query("owner", snapshotSql, [], this.scheduler.now());
    const now = row?.["now"] as Snapshot;
    const { objects } = this.stores;
    if (this.isTampered) {
      this.#snapshot = now;
      return;
    }
    const laws = {
      operation,
      objects,
      now_ms: this.scheduler.now(),
      max_attempts: this.settings.worker.max_attempts,
      lease_seconds: this.settings.worker.lease_seconds,
      mayFreeze: this.mayFreeze,
    };
    for (const law of [...moneyFaults(now), ...lifeFaults(this.#snapshot, now, laws)]) this.violate(law);
    this.#snapshot = now;
  }

  /** Steps until `isOver`; false when `limit_ms` of the world's time passed first. */
  async run(isOver: () => boolean, limit_ms: number): Promise<boolean> {
    const end_ms = this.scheduler.now() + limit_ms;
    while (!isOver()) {
      if (this.violations.length > 0) return true;
      if (this.scheduler.now() > end_ms || !(await this.scheduler.step())) return false;
      this.steps += 1;
    }
    return true;
  }

  logOf(process: SimProcess): Log {
    const tell =
      (level: string) =>
      (message: string, fields: Readonly<Record<string, unknown>> = {}) => {
        const { error, ...rest } = fields;
        // What other databases of the server do is none of this world's.
        if (message.startsWith("a transaction stays open on the database server")) return;
        this.note(process.name, `${level} ${message} ${JSON.stringify(rest)}`);
        if (
          message.startsWith("CRITICAL") &&
          !message.includes("dead letters") &&
          !message.includes("gave up") &&
          !this.mayFreeze
        )
          this.violate(`3: ${message}`);
        if (error !== undefined && !MEANT.has(message)) this.fault(`${process.name} (${message})`, error);
      };
    const log: Log = { info: tell("info"), warn: tell("warn"), error: tell("error"), child: () => log };
    return log;
  }
}
