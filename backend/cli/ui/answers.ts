import { z } from "zod";
import { commandLine, type CommandRequest } from "./commands.ts";

/** How many changes are remembered, so that none is made twice. */
const REMEMBERED = 1_000;

/** Runs one command line of the CLI in this process. */
export type RunLine = (args: readonly string[]) => Promise<{
  readonly code: number;
  readonly out: string;
  readonly err: string;
}>;

const failure = z.object({ error: z.object({ kind: z.string(), message: z.string() }) });

type Answer =
  | { readonly ok: true; readonly answer: unknown; readonly warnings: readonly string[] }
  | { readonly ok: false; readonly kind: string; readonly message: string };

const refusal = (kind: string, message: string): Answer => ({ ok: false, kind, message });

export type Performed = (request: CommandRequest) => Promise<Answer>;

/** Performs what the page asks for by the CLI's own command lines; the same change, asked for twice, is made once. */
export function performer(runLine: RunLine, log: (line: string) => void): Performed {
  const changes = new Map<string, { readonly asked: string; readonly answer: Promise<Answer> }>();
  const perform = async (args: readonly string[]): Promise<Answer> => {
    const { code, out, err } = await runLine(args);
    const answer: unknown = JSON.parse(out);
    const failed = failure.safeParse(answer);
    if (code === 0 || !failed.success)
      return { ok: true, answer, warnings: err.split("\n").filter((line) => line !== "") };
    const { kind, message } = failed.data.error;
    if (kind !== "unexpected") return refusal(kind, message);
    log(message);
    return refusal(kind, "It failed unexpectedly: the terminal says more.");
  };
  return async (request) => {
    const args = commandLine(request);
    if (typeof args === "string") return refusal("arguments", args);
    if (request.change === undefined || request.change.dry_run) return perform(args);
    const { request_id } = request.change;
    const asked = JSON.stringify(args);
    const known = changes.get(request_id);
    if (known !== undefined)
      return known.asked === asked ? known.answer : refusal("arguments", "this form sent something else before");
    const answer = perform(args);
    changes.set(request_id, { asked, answer });
    for (const oldest of changes.keys()) {
      if (changes.size <= REMEMBERED) break;
      changes.delete(oldest);
    }
    // What was not done may be asked for again.
    const ended = await answer.catch((error: unknown) => {
      changes.delete(request_id);
      throw error;
    });
    if (!ended.ok) changes.delete(request_id);
    return ended;
  };
}
