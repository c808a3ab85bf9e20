import { DayBars } from "../../console/day-bars.tsx";
import { add, count, decimalOf, plural, usd, utcDay } from "../../console/formats.ts";
import { Empty, Loaded, Money, PageHead, Panel, TableRegion } from "../../console/parts.tsx";
import { go, hrefOf, type Place } from "../../console/router.tsx";
import { packsOf, spentByDay } from "../../console/spending.ts";
import type { Revenue as RevenueAnswer } from "../answers.ts";
import { useCommand } from "../operator.ts";
import { Head, right } from "../../console/table-head.tsx";

const SPANS = ["7", "30", "90", "365"] as const;
const SLOW_MS = 30_000;

type Line = RevenueAnswer["lines"][number];

export function Revenue({ place }: { place: Place }) {
  const span = SPANS.find((each) => each === place.query.get("days")) ?? "30";
  const now = Date.now();
  const query = useCommand<RevenueAnswer>("revenue", { from: utcDay(now, 1 - Number(span)), to: utcDay(now) }, SLOW_MS);
  return (
    <>
      <PageHead title="Revenue" about="What finished runs were charged. Refunds are grants, and are not subtracted.">
        <div class="segments" role="group" aria-label="Period">
          {SPANS.map((each) => (
            <button
              key={each}
              type="button"
              aria-pressed={span === each}
              onClick={() => go(hrefOf(["revenue"], { days: each }), { replace: true })}
            >
              {each} days
            </button>
          ))}
        </div>
      </PageHead>
      <Loaded query={query} rows={6}>
        {(data) =>
          data.lines.length === 0 ? (
            <Empty title="No runs ended in this period" />
          ) : (
            <>
              <Panel title="By day and pack">
                <ByDay revenue={data} />
              </Panel>
              <Panel title="By pack" flush>
                <Lines rows={groupsOf(data.lines, ({ pack_type }) => pack_type)} total={data} />
              </Panel>
            </>
          )
        }
      </Loaded>
    </>
  );
}

interface Group {
  readonly name: string;
  readonly runs: number;
  readonly completed: number;
  readonly failed: number;
  readonly canceled: number;
  readonly charged_usd: string;
}

function groupOf(name: string, lines: readonly Line[]): Group {
  const sum = (of: (line: Line) => number) => lines.reduce((all, line) => all + of(line), 0);
  return {
    name,
    runs: sum(({ runs }) => runs),
    completed: sum(({ completed }) => completed),
    failed: sum(({ failed }) => failed),
    canceled: sum(({ canceled }) => canceled),
    charged_usd: decimalOf(add(lines.map(({ charged_usd }) => charged_usd))),
  };
}

const groupsOf = (lines: readonly Line[], nameOf: (line: Line) => string): readonly Group[] =>
  [...Map.groupBy(lines, nameOf)].map(([name, group]) => groupOf(name, group));

function ByDay({ revenue }: { revenue: RevenueAnswer }) {
  const { lines, from, to } = revenue;
  const charges = { start_date: from, end_date: to, rows: lines };
  const series = packsOf(charges);
  const runs = lines.reduce((sum, line) => sum + line.runs, 0);
  const total = `${usd(revenue.charged_usd)} in ${plural(runs, "run")}`;
  return <DayBars amounts={spentByDay(charges, series)} series={series} what="Revenue" total={total} />;
}

const Lines = ({ rows, total }: { rows: readonly Group[]; total: RevenueAnswer }) => (
  <TableRegion label="Table of revenue by pack">
    <table class="rows">
      <Head of={["Pack", ...["Runs", "Completed", "Failed", "Canceled", "Charged"].map(right)]} />
      <tbody>
        {[...rows, groupOf("All", total.lines)].map((row) => (
          <tr key={row.name} class={row.name === "All" ? "total" : undefined}>
            <th scope="row">{row.name}</th>
            {[row.runs, row.completed, row.failed, row.canceled].map((number, index) => (
              <td key={index} class="right num">
                {count(number)}
              </td>
            ))}
            <td class="right">
              <Money of={row.charged_usd} />
            </td>
          </tr>
        ))}
      </tbody>
    </table>
  </TableRegion>
);
