import { useRef } from "preact/hooks";
import { count, duration, plural, usd, usdShort, utcDay } from "../../console/formats.ts";
import { Loaded, PageHead, Panel, Trouble } from "../../console/parts.tsx";
import { hrefOf, Link } from "../../console/router.tsx";
import type { Finding, Revenue, Switch } from "../answers.ts";
import { type Figures, readFigures } from "../connection.ts";
import { useCommand, useRead } from "../operator.ts";
import { MODES } from "./switch.tsx";

const LIVE_MS = 5_000;
const SLOW_MS = 15_000;

interface Sample {
  readonly figures: Figures;
  readonly at: number;
}

export function Overview() {
  const live = useRead<Sample>(
    "figures",
    async (secret, signal) => ({ figures: await readFigures(secret, signal), at: Date.now() }),
    LIVE_MS,
  );
  const seen = useRef<{ readonly now?: Sample; readonly before?: Sample }>({});
  if (live.data !== undefined && live.data !== seen.current.now)
    seen.current = { now: live.data, before: seen.current.now };
  return (
    <>
      <PageHead title="Overview" />
      <Decisions figures={live.data?.figures} />
      <Panel title="Live">
        <Loaded query={live} rows={3}>
          {(now) => (now.figures.asked === 0 ? <NotAsked /> : <Readings now={now} before={seen.current.before} />)}
        </Loaded>
      </Panel>
    </>
  );
}

type Card = readonly [name: string, value: string, note: string, path?: string];

const Cards = ({ of: cards }: { of: readonly Card[] }) => (
  <dl class={cards.length === 6 ? "cards six" : "cards"}>
    {cards.map(([name, value, note, path]) => (
      <div key={name} class="card">
        <dt>{path === undefined ? name : <Link href={hrefOf([path])}>{name}</Link>}</dt>
        <dd class="value num">{value}</dd>
        <dd class="note">{note}</dd>
      </div>
    ))}
  </dl>
);

/** What waits for a person. */
function Decisions({ figures }: { figures: Figures | undefined }) {
  const today = utcDay(Date.now());
  const revenue = useCommand<Revenue>("revenue", { from: today, to: today }, SLOW_MS);
  const findings = useCommand<{ findings: readonly Finding[] }>("findings list", {}, SLOW_MS);
  const position = useCommand<Switch>("switch show", {}, SLOW_MS);
  const open = findings.data?.findings.length;
  const mode = position.data?.mode;
  const letters = figures?.values["dpp_dead_letters"];
  const failed = [revenue, findings, position].find(({ error }) => error !== undefined);
  return (
    <>
      {failed && <Trouble error={failed.error} onRetry={failed.reload} />}
      <Cards
        of={[
          [
            "Charged today (UTC)",
            revenue.data ? usdShort(revenue.data.charged_usd) : WAITING,
            "Runs that ended",
            "revenue",
          ],
          [
            "Open findings",
            open === undefined ? WAITING : count(open),
            open === 0 ? "Nothing to decide" : "To decide",
            "findings",
          ],
          [
            "Dead letters",
            letters === undefined ? UNKNOWN : count(letters),
            letters === undefined ? "Their page reads the queue" : "As the reaper saw",
            "dead-letters",
          ],
          ["Switch", mode ?? WAITING, mode === undefined ? "" : MODES[mode].short, "switch"],
        ]}
      />
    </>
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

const WAITING = "…";
const UNKNOWN = "–";

function Readings({ now, before }: { now: Sample; before: Sample | undefined }) {
  const { values, silent } = now.figures;
  const number = (name: string) => (values[name] === undefined ? UNKNOWN : count(Math.round(values[name])));
  const age = (name: string) =>
    values[name] === undefined ? UNKNOWN : values[name] < 1 ? "None" : duration(values[name] * 1_000);
  const closed = rateOf("dpp_run_closed_total", now, before);
  const charged = rateOf("dpp_charged_micros_total", now, before);
  const cards: readonly Card[] = [
    [
      "Runs ended a minute",
      closed === undefined ? WAITING : (closed * 60).toFixed(closed < 1 ? 1 : 0),
      charged === undefined ? "Measuring" : `${usd(BigInt(Math.round(charged * 60)), 2)} charged a minute`,
    ],
    [
      "At work",
      number("dpp_runs_in_flight"),
      values["dpp_worker_concurrency"] === undefined
        ? "No worker was asked"
        : `Of ${number("dpp_worker_concurrency")} places`,
    ],
    [
      "Oldest queued",
      age("dpp_oldest_queued_seconds"),
      values["dpp_queued_runs"] === undefined ? "" : `${plural(values["dpp_queued_runs"], "run")} waiting`,
    ],
    ["Leased", number("dpp_processing_runs"), "Runs that a worker owns"],
    ["Signals", number("dpp_queue_messages"), "In the queue"],
    ["Oldest webhook due", age("dpp_webhook_oldest_due_seconds"), "Deliveries that wait"],
  ];
  return (
    <>
      <Cards of={cards} />
      {silent.map(({ host, why }) => (
        <p key={host} class="error">
          {host} {why}.
        </p>
      ))}
    </>
  );
}
