import { Component } from "preact";
import { useEffect, useState } from "preact/hooks";
import type { Decisionproof, Run, RunPage, RunQuery } from "../../client/client.ts";
import { plural } from "../formats.ts";
import { LongBody } from "../long-body.tsx";
import { Empty, Field, Loading, Money, PageHead, Status, TableRegion, Time, Trouble } from "../parts.tsx";
import { useQuery, useSession } from "../query.ts";
import { go, hrefOf, Link, type Place } from "../router.tsx";
import {
  appended,
  filtersOf,
  isNarrowed,
  isOpen,
  mergeRuns,
  openBelow,
  queryOf,
  type Reading,
  type RunFilters,
  STATUSES,
} from "../run-filters.ts";
import { Head, right } from "../table-head.tsx";

const PAGE = 50;
/** So many keys, the newest, are offered as a filter. */
const MAX_KEYS = 100;
const LIVE_MS = 3_000;
const IDLE_MS = 15_000;
/** So many rows below the first page are read again at a time: each is a request. */
const MAX_BELOW = 5;

export function Runs({ place }: { place: Place }) {
  const filters = filtersOf(place.query);
  return (
    <>
      <PageHead title="Runs" />
      <Filters filters={filters} />
      <RunList key={place.query.toString()} filters={filters} />
    </>
  );
}

function Filters({ filters }: { filters: RunFilters }) {
  const packs = useQuery("packs", (dpp, signal) => dpp.packs.list({ signal }));
  // Only an admin key may list them; another filters by the key of a run.
  const keys = useQuery("keys to filter by", (dpp, signal) =>
    dpp.keys.list({ limit: MAX_KEYS }, { signal }).toArray(MAX_KEYS),
  );
  const change = (changed: Partial<RunFilters>) => go(hrefOf(["runs"], { ...filters, ...changed }), { replace: true });
  const [meta, setMeta] = useState(filters.metadata ?? "");
  return (
    <form
      class="filters"
      role="search"
      aria-label="Filter runs"
      onSubmit={(event) => {
        event.preventDefault();
        change({ metadata: meta });
      }}
    >
      <Field label="Status">
        {(attributes) => (
          <select
            {...attributes}
            data-filter
            value={filters.status ?? ""}
            onChange={(event) => change({ status: event.currentTarget.value })}
          >
            <option value="">All</option>
            {STATUSES.map(([status, words]) => (
              <option key={status} value={status}>
                {words}
              </option>
            ))}
          </select>
        )}
      </Field>
      <Field label="Pack">
        {(attributes) => (
          <select
            {...attributes}
            value={filters.pack ?? ""}
            onChange={(event) => change({ pack: event.currentTarget.value })}
          >
            <option value="">All</option>
            {filters.pack && packs.data === undefined && <option value={filters.pack}>{filters.pack}</option>}
            {packs.data?.map(({ pack_type, title }) => (
              <option key={pack_type} value={pack_type}>
                {title}
              </option>
            ))}
          </select>
        )}
      </Field>
      {(keys.data !== undefined || filters.key) && (
        <Field label="Key">
          {(attributes) => (
            <select
              {...attributes}
              value={filters.key ?? ""}
              onChange={(event) => change({ key: event.currentTarget.value })}
            >
              <option value="">All</option>
              {filters.key && !keys.data?.some(({ key_id }) => key_id === filters.key) && (
                <option value={filters.key}>…{filters.key.slice(-12)}</option>
              )}
              {keys.data?.map(({ key_id, name }) => (
                <option key={key_id} value={key_id}>
                  {name} (…{key_id.slice(-4)})
                </option>
              ))}
            </select>
          )}
        </Field>
      )}
      <Field label="From">
        {(attributes) => (
          <input
            {...attributes}
            type="date"
            value={filters.from ?? ""}
            max={filters.to}
            onChange={(event) => change({ from: event.currentTarget.value })}
          />
        )}
      </Field>
      <Field label="To">
        {(attributes) => (
          <input
            {...attributes}
            type="date"
            value={filters.to ?? ""}
            min={filters.from}
            onChange={(event) => change({ to: event.currentTarget.value })}
          />
        )}
      </Field>
      <Field label="Metadata">
        {(attributes) => (
          <input
            {...attributes}
            value={meta}
            placeholder="order=A-1"
            spellcheck={false}
            onInput={(event) => setMeta(event.currentTarget.value)}
            onBlur={() => meta !== (filters.metadata ?? "") && change({ metadata: meta })}
          />
        )}
      </Field>
      {isNarrowed(filters) && (
        <Link class="button clear" href={hrefOf(["runs"])}>
          Clear
        </Link>
      )}
    </form>
  );
}

/** The first page, and the open runs among the rows below it as they are now. */
async function readingOf(
  dpp: Decisionproof,
  query: RunQuery,
  shown: readonly Run[],
  signal: AbortSignal,
): Promise<Reading> {
  const pages = dpp.runs.list({ ...query, limit: PAGE }, { signal }).pages();
  const page = (await pages.next()).value as RunPage;
  const asked = openBelow(shown, page, MAX_BELOW).map((run) => dpp.runs.get(run, { signal }));
  // One that cannot be read stays as it was.
  const below = (await Promise.allSettled(asked)).flatMap((each) => (each.status === "fulfilled" ? [each.value] : []));
  return { ...page, below };
}

/** Pages after the first, asked for one at a time; nothing of it is heard once the list is gone. */
function useNextPage(query: RunQuery, onPage: (page: RunPage) => void) {
  const { dpp, end } = useSession();
  const [state, setState] = useState<{ busy: boolean; error?: unknown }>({ busy: false });
  const [gone] = useState(() => new AbortController());
  useEffect(() => () => gone.abort(), []);
  const load = (cursor: string) => {
    const { signal } = gone;
    const asked = { ...(query as Record<string, string>), limit: PAGE * 2, cursor };
    setState({ busy: true });
    dpp.get<RunPage>("/v1/runs", { query: asked, signal }).then(
      ({ data }) => {
        if (signal.aborted) return;
        onPage(data);
        setState({ busy: false });
      },
      (error: { status?: number }) => {
        if (signal.aborted) return;
        if (error.status === 401) end("The API key is no longer accepted.");
        else setState({ busy: false, error });
      },
    );
  };
  return { ...state, load };
}

/** The rows that are shown, and how to get more; new ones wait until they are asked for. */
function useRunList(query: RunQuery, status: string | undefined) {
  const [shown, setShown] = useState<readonly Run[]>();
  const [cursor, setCursor] = useState<string | null>(null);
  const rows = shown ?? [];
  const first = useQuery<Reading>(
    `runs ${JSON.stringify(query)}`,
    (dpp, signal) => readingOf(dpp, query, rows, signal),
    { every: ({ runs }) => (runs.some(isOpen) || rows.some(isOpen) ? LIVE_MS : IDLE_MS) },
  );
  const page = first.data;
  useEffect(() => {
    if (page === undefined) return;
    if (shown === undefined) setCursor(page.next_cursor);
    setShown((before) => (before === undefined ? page.runs : mergeRuns(before, page, status).shown));
  }, [page]);
  const more = useNextPage(query, ({ runs, next_cursor }) => {
    setShown((before = []) => appended(before, runs));
    setCursor(next_cursor);
  });
  const waiting = shown === undefined || page === undefined ? [] : mergeRuns(shown, page, status).added;
  const showNew = () => {
    // More than a page came meanwhile: what lies between is not known, so the list begins again.
    if (page !== undefined && waiting.length === page.runs.length) {
      setShown(page.runs);
      setCursor(page.next_cursor);
    } else setShown((before = []) => [...waiting, ...before]);
  };
  const loadMore = () => cursor !== null && !more.busy && more.load(cursor);
  return { first, shown, waiting: waiting.length, showNew, loadMore, more, hasMore: cursor !== null };
}

function RunList({ filters }: { filters: RunFilters }) {
  const asked = queryOf(filters);
  if ("error" in asked) return <Empty title={asked.error} />;
  return <AskedRuns query={asked.query} status={filters.status} narrowed={isNarrowed(filters)} />;
}

interface AskedProps {
  readonly query: RunQuery;
  readonly status: string | undefined;
  readonly narrowed: boolean;
}

function AskedRuns({ query, status, narrowed }: AskedProps) {
  const { first, shown, waiting, showNew, loadMore, more, hasMore } = useRunList(query, status);
  if (shown === undefined)
    return first.error === undefined ? <Loading rows={8} /> : <Trouble error={first.error} onRetry={first.reload} />;
  return (
    <>
      {first.error !== undefined && <Trouble error={first.error} onRetry={first.reload} />}
      <div aria-live="polite" class="pill-place">
        {waiting > 0 && (
          <button type="button" class="pill" onClick={showNew}>
            {waiting >= PAGE ? `${PAGE}+ new runs` : plural(waiting, "new run")}
          </button>
        )}
      </div>
      {shown.length === 0 && !hasMore ? <NoRuns narrowed={narrowed} /> : <RunTable runs={shown} />}
      {more.error !== undefined && <Trouble error={more.error} />}
      {hasMore && (
        <p class="more">
          <button type="button" onClick={loadMore} disabled={more.busy}>
            {more.busy ? "Loading…" : "Load more"}
          </button>
        </p>
      )}
    </>
  );
}

const NoRuns = ({ narrowed }: { narrowed: boolean }) =>
  narrowed ? (
    <Empty title="No runs match these filters">
      <Link href={hrefOf(["runs"])}>Clear the filters</Link>
    </Empty>
  ) : (
    <Empty title="No runs yet">
      <p class="muted">A run is one piece of work with a cap on its cost. It is charged what the work cost, once.</p>
      <Link class="button primary" href={hrefOf(["new"])}>
        Start your first run
      </Link>
    </Empty>
  );

export function RunTable({ runs }: { runs: readonly Run[] }) {
  return (
    <TableRegion label="Runs">
      <table class="rows" aria-rowcount={runs.length + 1}>
        <Head of={["Run", "Pack", "Status", right("Cost"), right("Cap"), "Metadata", right("Created")]} />
        <LongBody rows={runs} columns={7} draw={(run, index) => <Row key={run.run_id} run={run} index={index} />} />
      </table>
    </TableRegion>
  );
}

interface RowProps {
  readonly run: Run;
  readonly index: number;
}

/** Drawn again only when its run has changed, however often the list is read. */
class Row extends Component<RowProps> {
  override shouldComponentUpdate({ run, index }: RowProps): boolean {
    return run !== this.props.run || index !== this.props.index;
  }

  override render({ run, index }: RowProps) {
    return (
      <tr aria-rowindex={index}>
        <th scope="row">
          <Link href={hrefOf(["runs", run.run_id])} title={run.run_id}>
            <code>{run.run_id.slice(-12)}</code>
          </Link>
        </th>
        <td>{run.pack_type}</td>
        <td>
          <Status of={run.money_state === "AUDIT_REQUIRED" ? "AUDIT_REQUIRED" : run.status} />
        </td>
        <td class="right">
          <Money of={run.cost.actual_usd} />
        </td>
        <td class="right muted">
          <Money of={run.cost.max_usd} />
        </td>
        <td class="muted clip">
          {Object.entries(run.metadata)
            .map(([name, value]) => `${name}=${value}`)
            .join(", ") || "–"}
        </td>
        <td class="right">
          <Time of={run.created_at} />
        </td>
      </tr>
    );
  }
}
