import type { Run, RunQuery } from "../client/client.ts";

/** As the address has them. */
export interface RunFilters {
  readonly status?: string | undefined;
  readonly pack?: string | undefined;
  /** Days, the last one included, in the reader's own time zone. */
  readonly from?: string | undefined;
  readonly to?: string | undefined;
  /** `name=value`. */
  readonly metadata?: string | undefined;
}

export const STATUSES = [
  ["QUEUED", "Queued"],
  ["PROCESSING", "Processing"],
  ["COMPLETED", "Completed"],
  ["FAILED", "Failed"],
  ["CANCELED", "Canceled"],
  ["EXPIRED", "Expired"],
] as const;

const DAY = /^\d{4}-\d{2}-\d{2}$/;

/** What the address asks for; what it does not know is left out. */
export function filtersOf(query: URLSearchParams): RunFilters {
  const of = (name: string) => query.get(name) ?? undefined;
  const status = STATUSES.find(([each]) => each === query.get("status"))?.[0];
  const [from, to] = ["from", "to"].map((name) => (DAY.test(query.get(name) ?? "") ? of(name) : undefined));
  return { status, pack: of("pack"), from, to, metadata: of("metadata") };
}

export const isNarrowed = (filters: RunFilters): boolean => Object.values(filters).some(Boolean);

/** Midnight at the start of the day, in the reader's time zone, so many days later. */
function startOf(day: string, later = 0): string {
  const [year = 0, month = 1, date = 1] = day.split("-").map(Number);
  return new Date(year, month - 1, date + later).toISOString();
}

/** The filters as the API takes them. */
export function queryOf(filters: RunFilters): { readonly query: RunQuery } | { readonly error: string } {
  const { status, pack, from, to, metadata } = filters;
  const at = metadata?.indexOf("=") ?? -1;
  if (metadata && at < 1) return { error: "Write a metadata filter as name=value, such as order=A-1" };
  return {
    query: {
      ...(status && { status: [status as NonNullable<RunQuery["status"]>[number]] }),
      ...(pack && { pack_type: pack }),
      ...(from && { created_after: startOf(from) }),
      ...(to && { created_before: startOf(to, 1) }),
      ...(metadata && { metadata: { [metadata.slice(0, at)]: metadata.slice(at + 1) } }),
    },
  };
}

/** What the first page says now of the rows that are shown, and which of its runs are above them. */
export function mergeRuns(
  shown: readonly Run[],
  page: readonly Run[],
): { shown: readonly Run[]; added: readonly Run[] } {
  const now = new Map(page.map((run) => [run.run_id, run]));
  const known = new Set(shown.map(({ run_id }) => run_id));
  const newest = shown[0]?.run_id ?? "";
  return {
    shown: shown.map((run) => {
      const next = now.get(run.run_id);
      return next === undefined || isSame(run, next) ? run : next;
    }),
    // A UUIDv7 sorts by its time: an older run that came to match the filter is no new one.
    added: page.filter(({ run_id }) => !known.has(run_id) && run_id > newest),
  };
}

const isSame = (a: Run, b: Run): boolean =>
  a.status === b.status &&
  a.money_state === b.money_state &&
  a.cost.actual_usd === b.cost.actual_usd &&
  a.attempt === b.attempt;
