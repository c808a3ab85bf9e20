/** Sums of a tenant's transfers by kind, in micros. */
export type Added = Readonly<Record<"given" | "taken_back" | "reserve" | "charge" | "refund", bigint>>;

/** What a balance must say, in micros; a broken ledger may make them negative. */
export type Amounts = Readonly<Record<"granted" | "charged" | "reserved" | "available", bigint>>;

/** Runs, completed, failed, canceled, reserved micros and charged micros of one day, pack and key. */
export type UsageAmounts = readonly bigint[];
type Usage = ReadonlyMap<string, UsageAmounts>;

/** All that the ledger and the closed runs of a tenant add up to, and what its rows say. */
export interface TenantTotals {
  readonly added: Added;
  /** By "day pack key". */
  readonly closed: Usage;
  /** What capped runs were charged, by key. */
  readonly capped: ReadonlyMap<string, bigint>;
  readonly open_runs: bigint;
  readonly balance: (Amounts & { readonly open_runs: bigint }) | null;
  readonly usage: Usage;
  readonly keys: readonly {
    readonly key_id: string;
    readonly spending_id: string;
    readonly committed: bigint | null;
    /** What its open capped runs reserve. */
    readonly open: bigint;
  }[];
}

/** What does not add up; `difference` stays the same as long as traffic alone moves the totals. */
export interface TenantDiscrepancy {
  readonly kind: "tenant-books" | "key-spending" | "usage" | "audit-checkpoint";
  readonly subject: string;
  readonly difference: string;
  readonly detail: Readonly<Record<string, unknown>>;
}

export const NOTHING_ADDED: Added = { given: 0n, taken_back: 0n, reserve: 0n, charge: 0n, refund: 0n };

export function addUp(a: Added, b: Added): Added {
  return {
    given: a.given + b.given,
    taken_back: a.taken_back + b.taken_back,
    reserve: a.reserve + b.reserve,
    charge: a.charge + b.charge,
    refund: a.refund + b.refund,
  };
}

/** GRANT - CLAWBACK; CHARGE; RESERVE - CHARGE - REFUND; and the rest is available. */
export function amountsOf({ given, taken_back, reserve, charge, refund }: Added): Amounts {
  const granted = given - taken_back;
  const reserved = reserve - charge - refund;
  return { granted, charged: charge, reserved, available: granted - charge - reserved };
}

export function tenantDiscrepancies(totals: TenantTotals): readonly TenantDiscrepancy[] {
  return [...balanceDiscrepancies(totals), ...keyDiscrepancies(totals), ...usageDiscrepancies(totals)];
}

/** What settled transfers and closed runs add up to, and on its own day by line of usage. */
interface SettledTotals {
  readonly through: string;
  readonly before: string;
  readonly day: string;
  readonly transfers: number;
  readonly added: Added;
  readonly lines: Usage;
  readonly capped: ReadonlyMap<string, bigint>;
}

/** What is settled can never change: where it adds up to something else than was noted, somebody changed history. */
export function checkpointDiscrepancies(noted: SettledTotals, found: SettledTotals): readonly TenantDiscrepancy[] {
  const [before, now] = [settledTexts(noted, noted.day), settledTexts(found, noted.day)];
  const names = [...new Set([...Object.keys(before), ...Object.keys(now)])].toSorted();
  const changed = names.filter((name) => (before[name] ?? "0") !== (now[name] ?? "0"));
  if (changed.length === 0) return [];
  const figures = changed.map((name) => [name, { noted: before[name] ?? "0", found: now[name] ?? "0" }] as const);
  const difference = figures.map(([name, figure]) => `${name} ${figure.noted} ${figure.found}`).join(", ");
  const detail = { through_transfer: noted.through, before: noted.before, changed: Object.fromEntries(figures) };
  return [discrepancy("audit-checkpoint", "", difference, detail)];
}

/** By name; what is zero is left out. */
function settledTexts(
  { transfers, added, lines, capped }: SettledTotals,
  day: string,
): Readonly<Record<string, string>> {
  const figures = [
    ["transfers", String(transfers)],
    ...Object.entries(texts(added)),
    ...[...lines].filter(([name]) => name.startsWith(day)).map(([name, line]) => [`usage ${name}`, line.join(" ")]),
    ...[...capped]
      .filter(([, micros]) => micros !== 0n)
      .map(([key_id, micros]) => [`capped ${key_id}`, String(micros)]),
  ];
  return Object.fromEntries(figures);
}

function balanceDiscrepancies({ added, balance, open_runs }: TenantTotals): TenantDiscrepancy[] {
  const expected = { ...amountsOf(added), open_runs };
  if (balance === null)
    return [discrepancy("tenant-books", "", "no balance", { balance: null, transfers: texts(expected) })];
  const names = ["granted", "charged", "reserved", "available", "open_runs"] as const;
  const differences = names.map((name) => balance[name] - expected[name]);
  if (differences.every((difference) => difference === 0n)) return [];
  const detail = { balance: texts(balance), transfers: texts(expected) };
  return [discrepancy("tenant-books", "", differences.join(" "), detail)];
}

function keyDiscrepancies({ keys, capped }: TenantTotals): TenantDiscrepancy[] {
  const chains = new Map<string, { committed: bigint | null; expected: bigint }>();
  for (const { key_id, spending_id, committed, open } of keys) {
    const before = chains.get(spending_id)?.expected ?? 0n;
    chains.set(spending_id, { committed, expected: before + open + (capped.get(key_id) ?? 0n) });
  }
  return [...chains].flatMap(([spending_id, { committed, expected }]) => {
    const difference = (committed ?? 0n) - expected;
    if (difference === 0n) return [];
    const detail = { committed_micros: committed === null ? null : String(committed), runs_micros: String(expected) };
    return [discrepancy("key-spending", spending_id, String(difference), detail)];
  });
}

function usageDiscrepancies({ usage, closed }: TenantTotals): TenantDiscrepancy[] {
  return [...new Set([...usage.keys(), ...closed.keys()])].flatMap((line) => {
    const [noted, counted] = [usage.get(line) ?? [], closed.get(line) ?? []];
    const differences = Array.from({ length: 6 }, (_, index) => (noted[index] ?? 0n) - (counted[index] ?? 0n));
    if (differences.every((difference) => difference === 0n)) return [];
    return [discrepancy("usage", line, differences.join(" "), { usage: noted.map(String), runs: counted.map(String) })];
  });
}

const discrepancy = (
  kind: TenantDiscrepancy["kind"],
  subject: string,
  difference: string,
  detail: TenantDiscrepancy["detail"],
): TenantDiscrepancy => ({ kind, subject, difference, detail });

const texts = (figures: Readonly<Record<string, bigint>>): Readonly<Record<string, string>> =>
  Object.fromEntries(Object.entries(figures).map(([name, value]) => [name, String(value)]));
