import type { CpuByPart } from "./cpu.ts";

export interface Amounts {
  readonly per_second: number;
  readonly p50_ms: number;
  readonly p95_ms: number;
  readonly p99_ms: number;
  readonly requests: number;
  readonly errors: number;
}

/** What one closed loop gave, its rounds taken together. */
export interface Cell extends Amounts {
  readonly work: string;
  readonly clients: number;
  readonly tenants: number;
  /** Round trips per answered request, at the fronts. */
  readonly round_trips: Readonly<Record<string, number>>;
  /** CPU time per answered request, in microseconds. */
  readonly cpu_us: CpuByPart;
}

export interface PaidRuns {
  readonly what: "end to end" | "backlog";
  readonly tenants: number;
  readonly runs: number;
  readonly seconds: number;
  readonly per_second: number;
  readonly cpu_us: CpuByPart;
  readonly errors: number;
}

export function figures(latencies_ms: readonly Float64Array[], measured_ms: number, errors: number): Amounts {
  const all = Float64Array.from(latencies_ms.flatMap((each) => [...each])).toSorted();
  return {
    per_second: measured_ms > 0 ? (all.length / measured_ms) * 1000 : 0,
    p50_ms: quantile(all, 0.5),
    p95_ms: quantile(all, 0.95),
    p99_ms: quantile(all, 0.99),
    requests: all.length,
    errors,
  };
}

/** The smallest sample that at least this share of all does not exceed; NaN of none. */
function quantile(sorted: Float64Array, share: number): number {
  return sorted[Math.max(0, Math.ceil(sorted.length * share) - 1)] ?? Number.NaN;
}
