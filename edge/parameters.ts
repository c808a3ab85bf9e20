import type { z } from "zod";
import { type Fault, Problem } from "#core/domain/problem.ts";
import type { EdgeRequest } from "./context.ts";

/** The query, by this strict schema of strings. Throws the 400 problem for what is unknown, given twice, or unfit. */
export function readParameters<S extends z.ZodType>(c: EdgeRequest, schema: S): z.output<S> {
  const given = c.req.queries();
  const twice = Object.keys(given).filter((name) => given[name]?.length !== 1);
  if (twice.length > 0) throw unfit(twice.map((parameter) => ({ parameter, detail: "must be given once" })));
  const parsed = schema.safeParse(Object.fromEntries(Object.entries(given).map(([name, [value]]) => [name, value])));
  if (parsed.success) return parsed.data;
  throw unfit(parsed.error.issues.flatMap(faultsOf));
}

/** The 400 problem for parameters of the query. */
export function unfit(errors: readonly Fault[]): Problem {
  return new Problem("invalid-request", "The query does not fit.", { errors: errors.slice(0, MAX_FAULTS) });
}

const MAX_FAULTS = 20;
const MAX_NAME_CHARS = 100;

function faultsOf(issue: z.core.$ZodIssue): readonly Fault[] {
  if (issue.code === "unrecognized_keys") {
    return issue.keys.map((name) => ({
      parameter: name.slice(0, MAX_NAME_CHARS).toWellFormed(),
      detail: "is not a known parameter",
    }));
  }
  return [{ parameter: String(issue.path[0]), detail: issue.message.replace(/^Invalid input: /, "") }];
}
