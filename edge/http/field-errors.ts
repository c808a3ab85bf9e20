import { z } from "zod";
import { type FieldError, Problem } from "#core/domain/problem.ts";
import { jsonPointer } from "./json-pointer.ts";
import { plainMessage } from "./plain-message.ts";

const MAX_FIELD_ERRORS = 20;

// Every schema of the edge; one with a message of its own keeps it.
z.config({ localeError: plainMessage });

/** Only the first: one issue may have as many as there are names in a body. */
function firstOf<T>(error: z.ZodError, errorsOf: (issue: z.core.$ZodIssue) => Iterable<T>): readonly T[] {
  const found: T[] = [];
  for (const issue of error.issues) {
    for (const each of errorsOf(issue)) {
      found.push(each);
      if (found.length === MAX_FIELD_ERRORS) return found;
    }
  }
  return found;
}

/** What a schema found wrong with a body, each with the place. */
export function bodyProblem(error: z.ZodError): Problem {
  const errors = firstOf(error, fieldErrorsOf);
  const [first] = errors;
  const more = errors.length > 1 ? ` (first of ${errors.length} errors in \`errors\`)` : "";
  const where = first !== undefined && "pointer" in first && first.pointer !== "" ? first.pointer : "the body";
  return new Problem("invalid-request", `Invalid body: ${where}: ${first?.detail ?? "is wrong"}${more}.`, {
    errors,
  });
}

/** The same of a query, each error with its parameter. */
export function queryProblem(error: z.ZodError): Problem {
  return invalidQuery(firstOf(error, parameterErrors));
}

export function invalidQuery(errors: readonly ParameterError[]): Problem {
  const [first] = errors;
  const more = errors.length > 1 ? ` (first of ${errors.length} errors in \`errors\`)` : "";
  return new Problem(
    "invalid-request",
    `Invalid query: ${first?.parameter ?? "it"}: ${first?.detail ?? "is wrong"}${more}.`,
    { errors },
  );
}

interface ParameterError {
  readonly parameter: string;
  readonly detail: string;
}

function* parameterErrors(issue: z.core.$ZodIssue): Generator<ParameterError> {
  if (issue.code === "unrecognized_keys") {
    for (const key of issue.keys) yield { parameter: shortened(key), detail: issue.message };
  } else yield { parameter: shortened(String(issue.path[0] ?? "")), detail: issue.message };
}

const MAX_PARAMETER_CHARS = 100;

const shortened = (name: string): string => name.slice(0, MAX_PARAMETER_CHARS).toWellFormed();

function* fieldErrorsOf(issue: z.core.$ZodIssue): Generator<FieldError> {
  if (issue.code === "unrecognized_keys") {
    for (const key of issue.keys) {
      yield { pointer: jsonPointer([...issue.path, key]), detail: issue.message };
    }
  } else yield { pointer: jsonPointer(issue.path), detail: issue.message };
}
