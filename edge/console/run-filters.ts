import type { Run, RunQuery } from "../client/client.ts";

/** As the address has them. */
export interface RunFilters {
  readonly status?: string | undefined;
  readonly pack?: string | undefined;
  /** The id of the key that submitted it. */
  readonly key?: string | undefined;
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

const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;
const DAY = /^\d{4}-\d{2}-\d{2}$/;

/** What the address asks for; what it does not know is left out. */
export function filtersOf(query: URLSearchParams): RunFilters {
  const of = (name: string) => query.get(name) ?? undefined;
  const status = STATUSES.find(([each]) => each === query.get("status"))?.[0];
  const [from, to] = ["from", "to"].map((name) => (DAY.test(query.get(name) ?? "") ? of(name) : undefined));
  const key = UUID.test(query.get("key") ?? "") ? of("key") : undefined;
  return { status, pack: of("pack"), key, from, to, metadata: of("metadata") };
}

export const isNarrowed = (filters: RunFilters): boolean => Object.values(filters).some(Boolean);

/** Midnight at the start of the day, in the reader's time zone, so many days later. */
function startOf(day: string, later = 0): string {
  const [year = 0, month = 1, date = 1] = day.split("-").map(Number);
  return new Date(year, month - 1, date + later).toISOString();
}

/** The filters as the API takes them. */
export function queryOf(filters: RunFilters): { readonly query: RunQuery } | { readonly error: string } {
  const { status, pack, key, from, to, metadata } = filters;
  const at = metadata?.indexOf("=") ?? -1;
  if (metadata && at < 1) return { error: "Write a metadata filter as name=value, such as order=A-1" };
  return {
    query: {
      ...(status && { status: [status as NonNullable<RunQuery["status"]>[number]] }),
      ...(pack && { pack_type: pack }),
      ...(key && { key_id: key }),
      ...(from && { created_after: startOf(from) }),
      ...(to && { created_before: startOf(to, 1) }),
      ...(metadata && { metadata: { [metadata.slice(0, at)]: metadata.slice(at + 1) } }),
    },
  };
}

const isUnended = ({ status }: Run): boolean => status === "QUEUED" || status === "PROCESSING";
/** Nothing of it changes before a person has decided. */
const isHeld = ({ money_state }: Run): boolean => money_state === "AUDIT_REQUIRED";

/** Whether it changes by itself. */
export const isOpen = (run: Run): boolean => isUnended(run) && !isHeld(run);

const LIVE_MS = 1_500;
const HELD_MS = 30_000;

/** The pause before a run is read again; undefined: it is over. */
export const pauseOf = (run: Run): number | undefined =>
  isUnended(run) ? (isHeld(run) ? HELD_MS : LIVE_MS) : undefined;

/** What was read of a list that is shown. */
export interface Reading {
  /** The first page, newest first. */
  readonly runs: readonly Run[];
  readonly next_cursor: string | null;
  /** Of the rows below that page, those that were read again. */
  readonly below?: readonly Run[];
}

/** The oldest id that the first page covers; undefined: the page is empty, and more pages follow. */
const endOf = ({ runs, next_cursor }: Reading): string | undefined => (next_cursor === null ? "" : runs.at(-1)?.run_id);

/** The rows below the first page that may have changed since they were read. */
export function openBelow(shown: readonly Run[], reading: Reading, max: number): readonly Run[] {
  const end = endOf(reading);
  return shown.filter((run) => isOpen(run) && (end === undefined || run.run_id < end)).slice(0, max);
}

/** What a reading says of the rows that are shown, and which of its runs are above them. */
export function mergeRuns(
  shown: readonly Run[],
  reading: Reading,
  status?: string,
): { shown: readonly Run[]; added: readonly Run[] } {
  const now = new Map([...reading.runs, ...(reading.below ?? [])].map((run) => [run.run_id, run]));
  const known = new Set(shown.map(({ run_id }) => run_id));
  const newest = shown[0]?.run_id ?? "";
  const end = endOf(reading);
  // Only a filter by status is left by a run that ends, and met by one that begins.
  const hasLeft = ({ run_id }: Run) => {
    const next = now.get(run_id);
    return next === undefined ? end !== undefined && run_id >= end : next.status !== status;
  };
  const kept = status === undefined ? shown : shown.filter((run) => !hasLeft(run));
  const others = reading.runs.filter(({ run_id }) => !known.has(run_id));
  const met = status === undefined ? [] : others.filter(({ run_id }) => run_id < newest);
  const rows = kept.map((run) => {
    const next = now.get(run.run_id);
    return next === undefined || isSame(run, next) ? run : next;
  });
  return {
    shown: met.length === 0 ? rows : [...rows, ...met].toSorted(newestFirst),
    // A UUIDv7 sorts by its time: an older run that came to match the filter is no new one.
    added: others.filter(({ run_id }) => run_id > newest),
  };
}

/** A page that follows, without what is shown already: a run that came to match meanwhile may be on it too. */
export function appended(shown: readonly Run[], page: readonly Run[]): readonly Run[] {
  const known = new Set(shown.map(({ run_id }) => run_id));
  return [...shown, ...page.filter(({ run_id }) => !known.has(run_id))];
}

const newestFirst = (a: Run, b: Run): number => (a.run_id < b.run_id ? 1 : -1);

const isSame = (a: Run, b: Run): boolean =>
  a.status === b.status &&
  a.money_state === b.money_state &&
  a.cost.actual_usd === b.cost.actual_usd &&
  a.attempt === b.attempt;
