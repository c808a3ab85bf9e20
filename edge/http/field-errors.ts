import type { z } from "zod";
import { type Fault, Problem } from "#core/domain/problem.ts";
import { jsonPointer } from "./json-pointer.ts";

const MAX_FAULTS = 20;

/** The first faults alone: one issue may have as many as there are names in a body. */
function firstOf<T>(error: z.ZodError, faults: (issue: z.core.$ZodIssue) => Iterable<T>): readonly T[] {
  const found: T[] = [];
  for (const issue of error.issues) {
    for (const fault of faults(issue)) {
      found.push(fault);
      if (found.length === MAX_FAULTS) return found;
    }
  }
  return found;
}

/** What a schema found wrong with a body, each with the place. */
export function bodyProblem(error: z.ZodError): Problem {
  const errors = firstOf(error, faultsOf);
  const [first] = errors;
  const more = errors.length > 1 ? ` (the first of ${errors.length} faults in \`errors\`)` : "";
  const where = first !== undefined && "pointer" in first && first.pointer !== "" ? first.pointer : "the body";
  return new Problem("invalid-request", `The body does not fit: ${where}: ${first?.detail ?? "is wrong"}${more}.`, {
    errors,
  });
}

/** The same of a query, each fault with its parameter. */
export function queryProblem(error: z.ZodError): Problem {
  return unfitQuery(firstOf(error, parameterFaults));
}

export function unfitQuery(errors: readonly ParameterFault[]): Problem {
  const [first] = errors;
  const more = errors.length > 1 ? ` (the first of ${errors.length} faults in \`errors\`)` : "";
  return new Problem(
    "invalid-request",
    `The query does not fit: ${first?.parameter ?? "it"}: ${first?.detail ?? "is wrong"}${more}.`,
    { errors },
  );
}

interface ParameterFault {
  readonly parameter: string;
  readonly detail: string;
}

function* parameterFaults(issue: z.core.$ZodIssue): Generator<ParameterFault> {
  if (issue.code === "unrecognized_keys") {
    for (const key of issue.keys) yield { parameter: shortened(key), detail: "is not a known parameter" };
  } else yield { parameter: shortened(String(issue.path[0] ?? "")), detail: wording(issue.message) };
}

const MAX_PARAMETER_CHARS = 100;

const shortened = (name: string): string => name.slice(0, MAX_PARAMETER_CHARS).toWellFormed();

function* faultsOf(issue: z.core.$ZodIssue): Generator<Fault> {
  if (issue.code === "unrecognized_keys") {
    for (const key of issue.keys) {
      yield { pointer: jsonPointer([...issue.path, key]), detail: "is not a known field" };
    }
  } else yield { pointer: jsonPointer(issue.path), detail: wording(issue.message) };
}

const wording = (message: string): string =>
  message.endsWith("received undefined") ? "is required" : message.replace(/^Invalid input: /, "");
