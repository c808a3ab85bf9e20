export interface Buyer {
  readonly edgeUrl: string;
  readonly apiKey: string;
}

/** What every generated client buys. */
export const order = () => ({
  pack_type: "compliance" as const,
  inputs: { text: "Write to ada@example.com." },
  max_cost_usd: "0.0500",
});

export const newKey = () => crypto.randomUUID();

export function expect(held: boolean, what: string): asserts held {
  if (!held) throw new Error(`expected ${what}`);
}

interface Bought {
  readonly run_id: string;
  readonly status: string;
  readonly cost: { readonly actual_usd: string | null };
  readonly result: { readonly sha256: string } | null;
}

/** What was bought is over and charged; what was read of it is what the run says. */
export async function expectBought(run: Bought, output: unknown, listed: readonly { readonly run_id: string }[]) {
  expect(run.status === "COMPLETED" && run.cost.actual_usd === "0.0020", `a run over, got ${JSON.stringify(run)}`);
  expect(
    listed.some(({ run_id }) => run_id === run.run_id),
    "the run in the list",
  );
  const { run_id, data } = (typeof output === "string" ? JSON.parse(output) : output) as {
    readonly run_id?: unknown;
    readonly data?: { readonly verdict?: unknown };
  };
  expect(run_id === run.run_id && data?.verdict !== undefined, `the run's output, got ${JSON.stringify(output)}`);
}
