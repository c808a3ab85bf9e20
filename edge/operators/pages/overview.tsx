import { useRef } from "preact/hooks";
import { count, duration, usd, usdShort, utcDay } from "../../console/formats.ts";
import { Loaded, PageHead, Panel } from "../../console/parts.tsx";
import { hrefOf, Link } from "../../console/router.tsx";
import type { DeadLetters, Finding, Revenue, Switch } from "../answers.ts";
import { type Figures, readFigures } from "../connection.ts";
import { useCommand, useRead } from "../operator.ts";
import { MODES } from "./switch.tsx";

const LIVE_MS = 5_000;
const SLOW_MS = 15_000;

export const Overview = () => (
  <>
    <PageHead title="Overview" />
    <Decisions />
    <Live />
  </>
);

/** What waits for a person. */
function Decisions() {
  const today = utcDay(Date.now());
  const revenue = useCommand<Revenue>("revenue", { from: today, to: today }, SLOW_MS);
  const findings = useCommand<{ findings: readonly Finding[] }>("findings list", {}, SLOW_MS);
  const position = useCommand<Switch>("switch show", {}, SLOW_MS);
  const dead = useCommand<DeadLetters>("dlq list", {}, SLOW_MS);
  const open = findings.data?.findings.length;
  const mode = position.data?.mode;
  const dlq = dead.data === undefined ? (dead.error === undefined ? "…" : "–") : count(dead.data.count);
  const cards: readonly (readonly [name: string, value: string, note: string, path: string])[] = [
    ["Charged today (UTC)", revenue.data ? usdShort(revenue.data.charged_usd) : "…", "Runs that ended", "revenue"],
    [
      "Open findings",
      open === undefined ? "…" : count(open),
      open === 0 ? "Nothing to decide" : "To decide",
      "findings",
    ],
    ["Dead letters", dlq, dead.error === undefined ? "In the queue" : "They cannot be read: see why", "dead-letters"],
    ["Switch", mode ?? "…", mode === undefined ? "" : MODES[mode].short, "switch"],
  ];
  return (
    <dl class="cards">
      {cards.map(([name, value, note, path]) => (
        <div key={name} class="card">
          <dt>
            <Link href={hrefOf([path])}>{name}</Link>
          </dt>
          <dd class="value num">{value}</dd>
          <dd class="note">{note}</dd>
        </div>
      ))}
    </dl>
  );
}

interface Sample {
  readonly figures: Figures;
  readonly at: number;
}

function Live() {
  const query = useRead<Sample>(
    "figures",
    async (secret, signal) => ({ figures: await readFigures(secret, signal), at: Date.now() }),
    LIVE_MS,
  );
  const seen = useRef<{ readonly now?: Sample; readonly before?: Sample }>({});
  if (query.data !== undefined && query.data !== seen.current.now)
    seen.current = { now: query.data, before: seen.current.now };
  return (
    <Panel title="Live">
      <Loaded query={query} rows={3}>
        {(now) => (now.figures.asked === 0 ? <NotAsked /> : <Readings now={now} before={seen.current.before} />)}
      </Loaded>
    </Panel>
  );
}

const NotAsked = () => (
  <p>
    No address of <code>/metrics</code> is known. Give those of workers and reapers with <code>--metrics URL</code>, or
    set <code>DPP_METRICS_URLS</code>; a process has one where <code>DPP_METRICS_PORT</code> is set.
  </p>
);

/** A counter's growth a second; undefined before there are two readings, or when a process began again. */
function rateOf(name: string, now: Sample, before: Sample | undefined): number | undefined {
  const [last, first] = [now.figures.values[name], before?.figures.values[name]];
  if (last === undefined || first === undefined || before === undefined || last < first) return undefined;
  return (last - first) / Math.max(1, (now.at - before.at) / 1_000);
}

function Readings({ now, before }: { now: Sample; before: Sample | undefined }) {
  const { values, silent } = now.figures;
  const number = (name: string) => (values[name] === undefined ? "–" : count(Math.round(values[name])));
  const age = (name: string) => (values[name] === undefined ? "–" : duration(values[name] * 1_000));
  const closed = rateOf("dpp_run_closed_total", now, before);
  const charged = rateOf("dpp_charged_micros_total", now, before);
  const cards: readonly (readonly [name: string, value: string, note: string])[] = [
    [
      "Runs ended a minute",
      closed === undefined ? "…" : (closed * 60).toFixed(closed < 1 ? 1 : 0),
      charged === undefined ? "Measuring" : `${usd(BigInt(Math.round(charged * 60)), 2)} charged a minute`,
    ],
    ["At work", number("dpp_runs_in_flight"), `Of ${number("dpp_worker_concurrency")} places in the workers asked`],
    ["Oldest queued", age("dpp_oldest_queued_seconds"), `${number("dpp_queued_runs")} runs wait for a worker`],
    ["Leased", number("dpp_processing_runs"), "Runs that a worker owns"],
    ["Signals", number("dpp_queue_messages"), "In the queue"],
    ["Webhooks behind", age("dpp_webhook_oldest_due_seconds"), "The oldest that is due"],
  ];
  return (
    <>
      <dl class="cards">
        {cards.map(([name, value, note]) => (
          <div key={name} class="card">
            <dt>{name}</dt>
            <dd class="value num">{value}</dd>
            <dd class="note">{note}</dd>
          </div>
        ))}
      </dl>
      {silent.map(({ host, why }) => (
        <p key={host} class="error">
          {host} {why}.
        </p>
      ))}
    </>
  );
}
