import { label, usd } from "../../console/formats.ts";
import { Empty, Loaded, PageHead, Status, TableRegion, Time } from "../../console/parts.tsx";
import { hrefOf, Link, type Place } from "../../console/router.tsx";
import type { Actions as Answer } from "../answers.ts";
import { useCommand } from "../operator.ts";
import { Head } from "../../console/table-head.tsx";

const SLOW_MS = 15_000;
const PAGE = "50";

export function Actions({ place }: { place: Place }) {
  const before = place.query.get("before") ?? "";
  const query = useCommand<Answer>("actions list", { limit: PAGE, before }, before === "" ? SLOW_MS : undefined);
  return (
    <>
      <PageHead title="Audit trail" about="Who changed what, when and why, here and in a terminal." />
      <Loaded query={query} rows={8}>
        {({ actions, next_before }) =>
          actions.length === 0 ? (
            <Empty title="Nothing was changed yet" />
          ) : (
            <>
              <TableRegion label="Audit trail">
                <table class="rows">
                  <Head of={["Time", "Who", "What", "Outcome", "Why"]} />
                  <tbody>
                    {actions.map((action) => (
                      <tr key={action.action_id}>
                        <td>
                          <Time of={action.at} />
                          <div class="muted small-text">No. {action.action_id}</div>
                        </td>
                        <td>
                          {action.operator}
                          <div class="muted small-text">{action.login}</div>
                        </td>
                        <td class="wrap">
                          <span class="strong">{action.command}</span>
                          <div class="muted small-text">{argumentsText(action.arguments)}</div>
                        </td>
                        <td>
                          {action.outcome === null ? (
                            <span class="muted">Unknown</span>
                          ) : (
                            <Status of={action.outcome} />
                          )}
                        </td>
                        <td class="wrap">{action.reason ?? <span class="muted">–</span>}</td>
                      </tr>
                    ))}
                  </tbody>
                </table>
              </TableRegion>
              <p class="more">
                {before !== "" && <Link href={hrefOf(["audit"])}>Newest</Link>}{" "}
                {next_before !== null && <Link href={hrefOf(["audit"], { before: next_before })}>Older</Link>}
              </p>
            </>
          )
        }
      </Loaded>
    </>
  );
}

/** Amounts are recorded in micros. */
const AMOUNTS = new Set(["usd", "charge", "maxCostUsd", "spendingCapUsd"]);

const argumentText = (name: string, value: unknown): string => {
  if (AMOUNTS.has(name) && typeof value === "number") return usd(BigInt(value));
  return typeof value === "string" ? value : JSON.stringify(value);
};

const argumentsText = (given: Readonly<Record<string, unknown>>): string =>
  Object.entries(given)
    .map(([name, value]) => `${label(name)}: ${argumentText(name, value)}`)
    .join(", ");
