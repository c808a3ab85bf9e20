import type { Clock } from "#core/ports/clock.ts";
import type { Db } from "#core/ports/db.ts";
import type { QueueInspector } from "#core/ports/doctor.ts";
import type { Metrics } from "#core/ports/metrics.ts";
import { countMoney } from "#core/store/service/count-money.ts";
import { serviceGauges } from "#core/store/service/service-gauges.ts";
import { switchMode } from "#core/store/switch/read-switch.ts";

/** How many tenants' amounts one round adds up; the next one goes on from there. */
const TENANTS = 500;
/** The largest plans have a value of their own, so that plans made for single tenants do not make as many series. */
const PLANS = 20;
const FIRST = "00000000-0000-0000-0000-000000000000";
const ACCOUNTS = ["granted", "charged", "reserved", "available"] as const;
/** What SQS estimates, by the state of a message. */
const MESSAGES = [
  ["visible", "ApproximateNumberOfMessages"],
  ["in_flight", "ApproximateNumberOfMessagesNotVisible"],
  ["delayed", "ApproximateNumberOfMessagesDelayed"],
] as const;

export interface GaugesSweepDeps {
  readonly db: Db;
  /** Undefined: the queue is not measured. */
  readonly inspector?: QueueInspector | undefined;
  readonly clock: Clock;
  readonly metrics: Metrics;
}

/** Where the count of all tenants is, and what it has found since it began. */
interface MoneyCount {
  after: string;
  totals: Record<(typeof ACCOUNTS)[number], number>;
  plans: Map<string, number>;
}

export interface GaugesCursor {
  money: MoneyCount;
  /** The plans that have a value: those that are left are set to 0. */
  shown: ReadonlySet<string>;
}

const nothing = (): MoneyCount => ({
  after: FIRST,
  totals: { granted: 0, charged: 0, reserved: 0, available: 0 },
  plans: new Map(),
});
export const newGaugesCursor = (): GaugesCursor => ({ money: nothing(), shown: new Set() });

/** Measures what the database and the queue hold. Changes nothing. */
export async function sweepGauges(deps: GaugesSweepDeps, cursor: GaugesCursor): Promise<void> {
  const { mode, workers, reapers, ...gauges } = await serviceGauges(deps.db);
  for (const [name, value] of Object.entries(gauges)) deps.metrics.gauge(name as keyof typeof gauges, value);
  deps.metrics.gauge("processes_alive", workers, { process: "worker" });
  deps.metrics.gauge("processes_alive", reapers, { process: "reaper" });
  for (const each of switchMode.options) deps.metrics.gauge("switch_mode", Number(each === mode), { mode: each });
  await measureMoney(deps, cursor);
  if (deps.inspector !== undefined) await measureQueue(deps, deps.inspector);
}

async function measureQueue({ metrics }: GaugesSweepDeps, inspector: QueueInspector): Promise<void> {
  const attributes = await inspector.attributes();
  for (const [state, attribute] of MESSAGES)
    metrics.gauge("queue_messages", Number(attributes[attribute] ?? 0), { state });
}

/** Adds up the next tenants; after the last one it sets the gauges and begins again. */
async function measureMoney({ db, clock, metrics }: GaugesSweepDeps, cursor: GaugesCursor): Promise<void> {
  const { money } = cursor;
  const { plans, last } = await countMoney(db, money.after, TENANTS);
  for (const plan of plans) {
    for (const account of ACCOUNTS) money.totals[account] += plan[account];
    const name = plan.plan_id ?? "none";
    money.plans.set(name, (money.plans.get(name) ?? 0) + plan.tenants);
  }
  if (last !== undefined) {
    money.after = last;
    return;
  }
  for (const account of ACCOUNTS) metrics.gauge("money_micros", money.totals[account], { account });
  metrics.gauge("money_counted_timestamp_seconds", clock.now() / 1_000);
  const shown = largest(money.plans);
  for (const plan of cursor.shown) if (!shown.has(plan)) metrics.gauge("tenants", 0, { plan });
  for (const [plan, tenants] of shown) metrics.gauge("tenants", tenants, { plan });
  cursor.shown = new Set(shown.keys());
  cursor.money = nothing();
}

/** The plans with the most tenants, and all others as one. */
function largest(plans: ReadonlyMap<string, number>): ReadonlyMap<string, number> {
  const sorted = [...plans].toSorted(([a, most], [b, least]) => least - most || (a < b ? -1 : 1));
  const rest = sorted.slice(PLANS).reduce((sum, [, tenants]) => sum + tenants, 0);
  return new Map([...sorted.slice(0, PLANS), ...(rest > 0 ? [["other", rest] as const] : [])]);
}
