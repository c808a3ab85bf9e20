import type { z } from "zod";
import { type Fault, Problem } from "#core/domain/problem.ts";
import { jsonPointer } from "./body.ts";

const MAX_FAULTS = 20;

/** What a schema found wrong with a body, each with the place. */
export function bodyProblem(error: z.ZodError): Problem {
  const errors = error.issues.flatMap(faultsOf).slice(0, MAX_FAULTS);
  const [first] = errors;
  const more = errors.length > 1 ? ` (the first of ${errors.length} faults in \`errors\`)` : "";
  const where = first !== undefined && "pointer" in first && first.pointer !== "" ? first.pointer : "the body";
  return new Problem("invalid-request", `The body does not fit: ${where}: ${first?.detail ?? "is wrong"}${more}.`, {
    errors,
  });
}

/** The same of a query, each fault with its parameter. */
export function queryProblem(error: z.ZodError): Problem {
  return unfitQuery(error.issues.flatMap(parameterFaults).slice(0, MAX_FAULTS));
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

function parameterFaults(issue: z.core.$ZodIssue): readonly ParameterFault[] {
  if (issue.code === "unrecognized_keys") {
    return issue.keys.map((key) => ({ parameter: shortened(key), detail: "is not a known parameter" }));
  }
  return [{ parameter: shortened(String(issue.path[0] ?? "")), detail: wording(issue.message) }];
}

const MAX_PARAMETER_CHARS = 100;

const shortened = (name: string): string => name.slice(0, MAX_PARAMETER_CHARS).toWellFormed();

function faultsOf(issue: z.core.$ZodIssue): readonly Fault[] {
  if (issue.code === "unrecognized_keys") {
    return issue.keys.map((key) => ({ pointer: jsonPointer([...issue.path, key]), detail: "is not a known field" }));
  }
  return [{ pointer: jsonPointer(issue.path), detail: wording(issue.message) }];
}

const wording = (message: string): string =>
  message.endsWith("received undefined") ? "is required" : message.replace(/^Invalid input: /, "");
