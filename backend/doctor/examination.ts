/** What a check found. "skipped": there was nothing to ask, and the detail says why. */
export interface Examined {
  readonly check: string;
  readonly status: "ok" | "warning" | "failed" | "skipped";
  readonly detail: string;
}

/** A check: its words when all is well. It throws what is wrong; `Doubt` only warns. */
export interface Examination {
  readonly check: string;
  readonly run: () => Promise<string>;
}

/** Works, and may not stay well: a line that warns. */
export class Doubt extends Error {
  override readonly name = "Doubt";
}

/** There is nothing to check here. */
export class Skip extends Error {
  override readonly name = "Skip";
}

/** Every check, one after the other: each has the stores to itself. `describe`: an error in words without a secret. */
export async function examine(
  checks: readonly Examination[],
  describe: (error: unknown) => string,
): Promise<readonly Examined[]> {
  const results: Examined[] = [];
  for (const { check, run } of checks) {
    try {
      results.push({ check, status: "ok", detail: await run() });
    } catch (error) {
      results.push({ check, status: statusOf(error), detail: describe(error) });
    }
  }
  return results;
}

function statusOf(error: unknown): Examined["status"] {
  if (error instanceof Skip) return "skipped";
  return error instanceof Doubt ? "warning" : "failed";
}
