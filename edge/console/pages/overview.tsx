import { useState } from "preact/hooks";
import type {
  ApiKey,
  Budget,
  Decisionproof,
  Delivery,
  Run,
  RunPage,
  RunQuery,
  Usage,
  Webhook,
} from "../../client/client.ts";
import { attentionOf, frozenOf } from "../attention.ts";
import { DayBars } from "../day-bars.tsx";
import { count, label, microsOf, percent, plural, usd, usdShort, usdSpendable, utcDay } from "../formats.ts";
import { Empty, Loaded, Money, PageHead, Panel, TableRegion } from "../parts.tsx";
import { useQuery } from "../query.ts";
import { hrefOf, Link } from "../router.tsx";
import { appended } from "../run-filters.ts";
import { packsOf, spentByDay } from "../spending.ts";
import { RunTable } from "./runs.tsx";
import { Head, right } from "../table-head.tsx";

const SPANS = [30, 90] as const;
const LIVE_MS = 5_000;
const SLOW_MS = 60_000;
const LATEST = 10;

export function Overview() {
  const budget = useQuery("budget", (dpp, signal) => dpp.budget({ signal }), { every: () => LIVE_MS });
  const week = useQuery(
    "usage week",
    (dpp, signal) => dpp.usage({ start_date: utcDay(Date.now(), -6), group_by: "day" }, { signal }),
    { every: () => SLOW_MS },
  );
  return (
    <>
      <PageHead title="Overview" />
      <Loaded query={budget} rows={2}>
        {(data) => <Cards budget={data} week={week.data} />}
      </Loaded>
      <Attention />
      <Spending />
      <Latest />
    </>
  );
}

/** How long the money lasts if each day costs what the last seven did on average. */
function daysLeft(available: string, week: Usage | undefined): string | undefined {
  if (week === undefined) return undefined;
  const spent = microsOf(week.totals.charged_usd) ?? 0n;
  if (spent === 0n) return "Nothing was spent in the last 7 days";
  const days = ((microsOf(available) ?? 0n) * 7n) / spent;
  return days > 3_650n ? "Lasts more than ten years at this rate" : `Lasts ${plural(Number(days), "day")} at this rate`;
}

function Cards({ budget, week }: { budget: Budget; week: Usage | undefined }) {
  const { available_usd, reserved_usd, charged_usd, granted_usd, open_runs, max_open_runs } = budget;
  const cards: readonly (readonly [name: string, amount: string, shown: string, note: string | undefined])[] = [
    ["Available", available_usd, usdSpendable(available_usd), daysLeft(available_usd, week)],
    [
      "Reserved",
      reserved_usd,
      usdShort(reserved_usd),
      `${plural(open_runs, "open run")}${max_open_runs === null ? "" : ` of ${count(max_open_runs)}`}`,
    ],
    [
      "Charged",
      charged_usd,
      usdShort(charged_usd),
      week ? `${usdShort(week.totals.charged_usd)} in the last 7 days` : "In all",
    ],
    ["Granted", granted_usd, usdShort(granted_usd), "All credit so far"],
  ];
  return (
    <dl class="cards">
      {cards.map(([name, amount, shown, note]) => (
        <div key={name} class="card">
          <dt>{name}</dt>
          <dd class="value num" title={usd(amount)}>
            {shown}
          </dd>
          {note !== undefined && <dd class="note">{note}</dd>}
        </div>
      ))}
    </dl>
  );
}

interface Watched {
  readonly keys: readonly ApiKey[];
  readonly webhooks: readonly (Webhook & { readonly latest: readonly Delivery[] })[];
}

const MAX_WEBHOOKS_ASKED = 10;
const DELIVERIES_ASKED = 50;

/** What only an admin key may see; for other keys there is nothing to say. */
async function watched(dpp: Decisionproof, signal: AbortSignal): Promise<Watched> {
  const [keys, webhooks] = await Promise.all([
    dpp.keys.list({}, { signal }).toArray(200),
    dpp.webhooks.list({ signal }),
  ]);
  const asked = webhooks.slice(0, MAX_WEBHOOKS_ASKED).map(async (webhook) => {
    const latest = await dpp.webhooks
      .deliveries(webhook.endpoint_id, { limit: DELIVERIES_ASKED }, { signal })
      .toArray(DELIVERIES_ASKED);
    return { ...webhook, latest };
  });
  return { keys, webhooks: await Promise.all(asked) };
}

/** How many runs, the newest and the newest that are open, are looked through for frozen ones. */
const RUNS_ASKED = 100;

/** Frozen runs keep the status that they had: most are open, however old they are. */
async function runsToWatch(dpp: Decisionproof, signal: AbortSignal): Promise<readonly Run[]> {
  const list = (query: RunQuery) => dpp.runs.list({ ...query, limit: RUNS_ASKED }, { signal }).toArray(RUNS_ASKED);
  const [newest, open] = await Promise.all([list({}), list({ status: ["QUEUED", "PROCESSING"] })]);
  return appended(newest, open);
}

function Attention() {
  const query = useQuery("attention", watched, { every: () => SLOW_MS });
  const runs = useQuery("attention runs", runsToWatch, { every: () => SLOW_MS });
  const frozen = frozenOf(runs.data ?? []);
  const points = [
    ...frozen,
    ...(query.data === undefined ? [] : attentionOf(query.data.keys, query.data.webhooks, Date.now())),
  ];
  if (points.length === 0) return null;
  return (
    <Panel title="Needs attention">
      <ul class="attention">
        {points.map(({ what, why, path }) => (
          <li key={what + why}>
            <span>
              <Link href={hrefOf(path)}>{what}</Link>
            </span>
            <span class="muted">{why}</span>
          </li>
        ))}
      </ul>
      {frozen.length > 0 && (
        <p class="muted small-text">Of runs, the newest {RUNS_ASKED} and those that are open are looked through.</p>
      )}
    </Panel>
  );
}

function Spending() {
  const [span, setSpan] = useState<(typeof SPANS)[number]>(30);
  const [by, setBy] = useState<"pack" | "key">("pack");
  const start_date = utcDay(Date.now(), 1 - span);
  const days = useQuery(
    `usage day,pack ${start_date}`,
    (dpp, signal) => dpp.usage({ start_date, group_by: "day,pack" }, { signal }),
    { every: () => SLOW_MS },
  );
  const groups = useQuery(
    `usage ${by} ${start_date}`,
    (dpp, signal) => dpp.usage({ start_date, group_by: by }, { signal }),
    { every: () => SLOW_MS },
  );
  return (
    <Panel
      title="Spending"
      actions={
        <div class="segments" role="group" aria-label="Period">
          {SPANS.map((each) => (
            <button key={each} type="button" aria-pressed={span === each} onClick={() => setSpan(each)}>
              {each} days
            </button>
          ))}
        </div>
      }
    >
      <Loaded query={days} rows={5}>
        {(usage) => <Chart usage={usage} />}
      </Loaded>
      <div class="between by">
        <h3>By {by}</h3>
        <div class="segments" role="group" aria-label="Group">
          {(["pack", "key"] as const).map((each) => (
            <button key={each} type="button" aria-pressed={by === each} onClick={() => setBy(each)}>
              {label(each)}
            </button>
          ))}
        </div>
      </div>
      <Loaded query={groups} rows={3}>
        {(usage) => <GroupTable usage={usage} by={by} />}
      </Loaded>
    </Panel>
  );
}

function Chart({ usage }: { usage: Usage }) {
  const series = packsOf(usage);
  const total = `${usd(usage.totals.charged_usd)} in ${plural(usage.totals.runs, "run")}`;
  return <DayBars amounts={spentByDay(usage, series)} series={series} what="Spending" total={total} />;
}

const GroupTable = ({ usage, by }: { usage: Usage; by: "pack" | "key" }) =>
  usage.rows.length === 0 ? (
    <Empty title="No runs ended in this period" />
  ) : (
    <UsageTable
      usage={usage}
      name={label(by)}
      nameOf={({ pack_type, key_name, key_id }) => pack_type ?? key_name ?? key_id ?? ""}
    />
  );

type UsageRow = Usage["rows"][number];
interface UsageTableProps {
  readonly usage: Usage;
  readonly name: string;
  readonly nameOf: (row: UsageRow) => string;
}

function UsageTable({ usage: { rows, totals }, name, nameOf }: UsageTableProps) {
  return (
    <TableRegion label={`Spending by ${name.toLowerCase()}`}>
      <table class="rows">
        <Head of={[name, ...["Runs", "Completed", "Failed", "Canceled", "Success rate", "Charged"].map(right)]} />
        <tbody>
          {rows.map((row) => (
            <UsageLine key={row.key_id ?? nameOf(row)} name={nameOf(row)} row={row} />
          ))}
          <UsageLine name="All" row={totals} total />
        </tbody>
      </table>
    </TableRegion>
  );
}

const UsageLine = ({ name, row, total }: { name: string; row: UsageRow; total?: boolean }) => (
  <tr class={total ? "total" : undefined}>
    <th scope="row">{name}</th>
    {[row.runs, row.successes, row.failures, row.canceled].map((number, index) => (
      <td key={index} class="right num">
        {count(number)}
      </td>
    ))}
    <td class="right num">
      {row.successes + row.failures === 0 ? "–" : percent(row.successes / (row.successes + row.failures), 1)}
    </td>
    <td class="right">
      <Money of={row.charged_usd} />
    </td>
  </tr>
);

function Latest() {
  const query = useQuery<RunPage>(
    "runs latest",
    async (dpp, signal) => (await dpp.runs.list({ limit: LATEST }, { signal }).pages().next()).value as RunPage,
    {
      every: () => LIVE_MS,
    },
  );
  return (
    <>
      <div class="between list-head">
        <h2>Latest runs</h2>
        <Link href={hrefOf(["runs"])}>All runs</Link>
      </div>
      <Loaded query={query} rows={5}>
        {({ runs }) =>
          runs.length === 0 ? (
            <Empty title="No runs yet">
              <Link class="button primary" href={hrefOf(["new"])}>
                Start your first run
              </Link>
            </Empty>
          ) : (
            <RunTable runs={runs} />
          )
        }
      </Loaded>
    </>
  );
}
