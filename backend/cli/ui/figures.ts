const TIMEOUT_MS = 3_000;
const MAX_BYTES = 4_000_000;

/** Counters, which add up over processes and labels. */
const SUMS = [
  "dpp_run_closed_total",
  "dpp_charged_micros_total",
  "dpp_runs_in_flight",
  "dpp_worker_concurrency",
] as const;
/** What each reaper reads of the one database: the same in all of them, but for the moment. */
const READINGS = [
  "dpp_queued_runs",
  "dpp_oldest_queued_seconds",
  "dpp_processing_runs",
  "dpp_queue_messages",
  "dpp_dead_letters",
  "dpp_audit_findings_open",
  "dpp_webhook_oldest_due_seconds",
] as const;

const SAMPLE = /^(dpp_[a-z_]+)(?:\{[^}]*\})? (-?[\d.eE+-]+)(?: \d+)?$/;

export interface Figures {
  /** By the name that Prometheus has; one that no process tells is left out. */
  readonly values: Readonly<Record<string, number>>;
  readonly asked: number;
  /** Hosts of addresses that gave nothing, with the reason. */
  readonly silent: readonly { readonly host: string; readonly why: string }[];
}

/** The few figures of what the processes tell Prometheus. */
export function figuresOf(texts: readonly string[]): Figures["values"] {
  const values: Record<string, number> = {};
  for (const line of texts.flatMap((text) => text.split("\n"))) {
    const [, name = "", written] = SAMPLE.exec(line) ?? [];
    const value = Number(written);
    if (!Number.isFinite(value)) continue;
    if (SUMS.some((each) => each === name)) values[name] = (values[name] ?? 0) + value;
    if (READINGS.some((each) => each === name)) values[name] = Math.max(values[name] ?? 0, value);
  }
  return values;
}

/** Asks each address that the operator named, all at once. */
export async function readFigures(addresses: readonly string[]): Promise<Figures> {
  const answers = await Promise.all(
    addresses.map((address) =>
      textOf(address).then(
        (text) => ({ text }),
        (error: unknown) => ({ host: new URL(address).host, why: reasonOf(error) }),
      ),
    ),
  );
  return {
    values: figuresOf(answers.flatMap((each) => ("text" in each ? [each.text] : []))),
    asked: addresses.length,
    silent: answers.flatMap((each) => ("why" in each ? [each] : [])),
  };
}

const reasonOf = (error: unknown): string =>
  error instanceof Error && error.name === "TimeoutError" ? "did not answer in time" : "cannot be read";

async function textOf(address: string): Promise<string> {
  const response = await fetch(address, { redirect: "error", signal: AbortSignal.timeout(TIMEOUT_MS) });
  if (!response.ok || response.body === null) throw new Error(`status ${response.status}`);
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of response.body) {
    size += chunk.byteLength;
    if (size > MAX_BYTES) throw new Error("too long");
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString("utf8");
}
