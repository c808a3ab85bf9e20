import { useEffect, useState } from "preact/hooks";
import { AuthenticationError, type LedgerPage, type LedgerQuery, type Transfer } from "../../client/client.ts";
import { csvOf } from "../csv.ts";
import { label, usd, utcDay } from "../formats.ts";
import { isMonth, KINDS, monthOf, type Statement, statementOf } from "../statement.ts";
import { download, Empty, Field, Loaded, Loading, Money, PageHead, TableRegion, Time, Trouble } from "../parts.tsx";
import { NOT_ACCEPTED, useQuery, useSession } from "../query.ts";
import { go, hrefOf, Link, type Place } from "../router.tsx";
import { Head, right } from "../table-head.tsx";

const PAGE = 100;
const MAX_STATEMENT = 20_000;
const MONTHS = 12;

export function Ledger({ place }: { place: Place }) {
  const asked = place.query.get("month") ?? "";
  const month = isMonth(asked) ? asked : "";
  const kind = KINDS.find((each) => each === place.query.get("kind"));
  const run = place.query.get("run") ?? "";
  const change = (changed: Record<string, string>) =>
    go(hrefOf(["ledger"], { month, kind, run, ...changed }), { replace: true });
  return (
    <>
      <PageHead
        title={month === "" ? "Ledger" : `Statement of ${nameOfMonth(month)}`}
        about="Every movement of your money. Months begin and end in UTC."
      />
      <form class="filters" role="search" aria-label="Filter the ledger" onSubmit={(event) => event.preventDefault()}>
        <Field label="Statement">
          {(attributes) => (
            <select
              {...attributes}
              data-filter
              value={month}
              onChange={(event) => change({ month: event.currentTarget.value, kind: "", run: "" })}
            >
              <option value="">All time</option>
              {lastMonths(Date.now()).map((each) => (
                <option key={each} value={each}>
                  {nameOfMonth(each)}
                </option>
              ))}
            </select>
          )}
        </Field>
        {month === "" && (
          <>
            <Field label="Kind">
              {(attributes) => (
                <select
                  {...attributes}
                  value={kind ?? ""}
                  onChange={(event) => change({ kind: event.currentTarget.value })}
                >
                  <option value="">All</option>
                  {KINDS.map((each) => (
                    <option key={each} value={each}>
                      {label(each.toLowerCase())}
                    </option>
                  ))}
                </select>
              )}
            </Field>
            <Field label="Run">
              {(attributes) => (
                <input
                  {...attributes}
                  value={run}
                  placeholder="Run id"
                  spellcheck={false}
                  onChange={(event) => change({ run: event.currentTarget.value.trim() })}
                />
              )}
            </Field>
          </>
        )}
      </form>
      {month === "" ? (
        <Transfers
          key={`${kind ?? ""} ${run}`}
          query={{ ...(kind && { kind: [kind] }), ...(run && { run_id: run }) }}
        />
      ) : (
        <MonthStatement key={month} month={month} />
      )}
    </>
  );
}

const nameOfMonth = (month: string): string =>
  new Intl.DateTimeFormat(undefined, { month: "long", year: "numeric", timeZone: "UTC" }).format(
    new Date(`${month}-01`),
  );

function lastMonths(now: number): string[] {
  const [year = 0, month = 1] = utcDay(now).split("-").map(Number);
  return Array.from({ length: MONTHS }, (_, back) =>
    new Date(Date.UTC(year, month - 1 - back, 1)).toISOString().slice(0, 7),
  );
}

/** The pages after the first, as it was read at `of`. */
interface Rest {
  readonly of: number | undefined;
  readonly transfers: readonly Transfer[];
  readonly cursor: string | null;
  readonly busy: boolean;
  readonly error?: unknown;
}

function Transfers({ query: asked }: { query: LedgerQuery }) {
  const { dpp, end } = useSession();
  const first = useQuery<LedgerPage>(
    `ledger ${JSON.stringify(asked)}`,
    async (client, signal) =>
      (
        await client.ledger
          .list({ ...asked, limit: PAGE }, { signal })
          .pages()
          .next()
      ).value as LedgerPage,
  );
  const [read, setRest] = useState<Rest>();
  // Once the first page is read again, rows may lie between it and the others.
  const rest = read?.of === first.at ? read : undefined;
  const cursor = rest === undefined ? (first.data?.next_cursor ?? null) : rest.cursor;
  const more = () => {
    if (cursor === null) return;
    const before: Rest = { of: first.at, transfers: rest?.transfers ?? [], cursor, busy: false };
    const settle = (changed: Partial<Rest>) =>
      setRest((now) => (now?.of === before.of ? { ...before, ...changed } : now));
    setRest({ ...before, busy: true });
    dpp.get<LedgerPage>("/v1/ledger", { query: { ...asked, limit: PAGE, cursor } }).then(
      ({ data }) => settle({ transfers: [...before.transfers, ...data.transfers], cursor: data.next_cursor }),
      (error: unknown) => {
        if (error instanceof AuthenticationError) end(NOT_ACCEPTED);
        settle({ error });
      },
    );
  };
  return (
    <Loaded query={first} rows={8}>
      {({ transfers }) => {
        const shown = [...transfers, ...(rest?.transfers ?? [])];
        if (shown.length === 0) return <Empty title="No movements of money match" />;
        return (
          <>
            <TransferTable transfers={shown} />
            {rest?.error !== undefined && <Trouble error={rest.error} />}
            <p class="more actions">
              {cursor !== null && (
                <button type="button" onClick={more} disabled={rest?.busy}>
                  {rest?.busy ? "Loading…" : "Load more"}
                </button>
              )}
              <button type="button" onClick={() => saveCsv("ledger", shown)}>
                Download these as CSV
              </button>
            </p>
          </>
        );
      }}
    </Loaded>
  );
}

const COLUMNS = ["created_at", "transfer_id", "kind", "debit", "credit", "amount_usd", "run_id", "grant_id"] as const;

const saveCsv = (name: string, transfers: readonly Transfer[]): void =>
  download(
    `${name}.csv`,
    "text/csv",
    csvOf(
      COLUMNS,
      transfers.map((transfer) => COLUMNS.map((column) => transfer[column])),
    ),
  );

const TransferTable = ({ transfers }: { transfers: readonly Transfer[] }) => (
  <TableRegion label="Movements of money">
    <table class="rows">
      <Head of={["Time", "Kind", "From", "To", "Run or grant", right("Amount")]} />
      <tbody>
        {transfers.map((transfer) => (
          <tr key={transfer.transfer_id}>
            <th scope="row">
              <Time of={transfer.created_at} />
            </th>
            <td>{label(transfer.kind.toLowerCase())}</td>
            <td class="muted">{label(transfer.debit)}</td>
            <td class="muted">{label(transfer.credit)}</td>
            <td class="clip">
              {transfer.run_id ? (
                <Link href={hrefOf(["runs", transfer.run_id])}>
                  <code>{transfer.run_id.slice(-12)}</code>
                </Link>
              ) : (
                (transfer.grant_id ?? "–")
              )}
            </td>
            <td class="right">
              <Money of={transfer.amount_usd} />
            </td>
          </tr>
        ))}
      </tbody>
    </table>
  </TableRegion>
);

/** All of a month: its totals, and what was charged day by day. Reading it may take many pages, so progress is shown. */
function MonthStatement({ month }: { month: string }) {
  const { dpp, end } = useSession();
  const [state, setState] = useState<{
    readonly transfers: readonly Transfer[];
    readonly done: boolean;
    readonly error?: unknown;
  }>({ transfers: [], done: false });
  const [turn, setTurn] = useState(0);
  useEffect(() => {
    const controller = new AbortController();
    const transfers: Transfer[] = [];
    const read = async () => {
      const query = { created_after: `${month}-01T00:00:00.000Z`, created_before: monthOf(month).next, limit: 200 };
      for await (const page of dpp.ledger.list(query, { signal: controller.signal }).pages()) {
        transfers.push(...page.transfers);
        setState({ transfers: [...transfers], done: false });
        if (transfers.length >= MAX_STATEMENT) break;
      }
      setState({ transfers: [...transfers], done: true });
    };
    read().catch((error: unknown) => {
      if (controller.signal.aborted) return;
      if (error instanceof AuthenticationError) end(NOT_ACCEPTED);
      setState({ transfers: [...transfers], done: false, error });
    });
    return () => controller.abort();
  }, [dpp, month, turn]);
  const { transfers, done, error } = state;
  if (error !== undefined) return <Trouble error={error} onRetry={() => setTurn(turn + 1)} />;
  if (!done)
    return (
      <>
        <p class="muted" role="status">
          Reading the ledger: {transfers.length} movements so far…
        </p>
        <Loading rows={5} />
      </>
    );
  if (transfers.length === 0) return <Empty title="No money moved in this month" />;
  return <StatementView month={month} statement={statementOf(transfers)} transfers={transfers} />;
}

function StatementView({
  month,
  statement,
  transfers,
}: {
  month: string;
  statement: Statement;
  transfers: readonly Transfer[];
}) {
  const { byKind, byDay, change, charged } = statement;
  return (
    <>
      {transfers.length >= MAX_STATEMENT && (
        <p class="notice">
          Only the last {MAX_STATEMENT} movements of this month are added up. The API's CSV has all of them.
        </p>
      )}
      <dl class="cards">
        {[
          ["Charged", usd(charged)],
          ["Credit granted", usd(byKind.GRANT - byKind.CLAWBACK)],
          ["Change of the balance", usd(change)],
        ].map(([name, amount]) => (
          <div key={name} class="card">
            <dt>{name}</dt>
            <dd class="value num">{amount}</dd>
          </div>
        ))}
      </dl>
      <TableRegion label="Charged by day">
        <table class="rows">
          <Head of={["Day (UTC)", right("Runs charged"), right("Charged"), right("Credit")]} />
          <tbody>
            {byDay.map((day) => (
              <tr key={day.day}>
                <th scope="row">{day.day}</th>
                <td class="right num">{day.runs}</td>
                <td class="right num">{usd(day.charged)}</td>
                <td class="right num">{day.credit === 0n ? "–" : usd(day.credit)}</td>
              </tr>
            ))}
            <tr class="total">
              <th scope="row">All</th>
              <td class="right num">{byDay.reduce((sum, { runs }) => sum + runs, 0)}</td>
              <td class="right num">{usd(charged)}</td>
              <td class="right num">{usd(byKind.GRANT - byKind.CLAWBACK)}</td>
            </tr>
          </tbody>
        </table>
      </TableRegion>
      <p class="actions">
        <button type="button" onClick={() => print()}>
          Print
        </button>
        <button type="button" onClick={() => saveCsv(`ledger-${month}`, transfers)}>
          Download as CSV
        </button>
      </p>
    </>
  );
}
