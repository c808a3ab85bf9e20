import { z } from "zod";

type RawIssue = z.core.$ZodRawIssue;

const MAX_NAMES = 40;

/** With their article, as an error calls what it wants and what it got. */
const TYPES: Readonly<Record<string, string>> = {
  string: "a string",
  number: "a number",
  int: "a whole number",
  boolean: "true or false",
  array: "a list",
  tuple: "a list",
  object: "an object",
  record: "an object",
  null: "null",
  nan: "a number",
  undefined: "left out",
};

const FORMATS: Readonly<Record<string, string>> = {
  uuid: "must be a UUID",
  guid: "must be a UUID",
  url: "must be a URL",
  date: "must be a date such as 2026-11-21",
  datetime: "must be an RFC 3339 time such as 2026-11-21T09:30:00Z",
  base64: "must be base64",
};

/** What a field error says of an issue, in plain words. Of what was sent it repeats nothing. */
export function plainMessage(issue: RawIssue): string {
  const { code } = issue;
  if (code === "unrecognized_keys") return unknownMember(issue.inst);
  if (code === "custom") return "is not valid";
  if (issue.input === undefined) return "is required";
  if (code === "invalid_type") return wrongType(issue.expected, issue.input);
  if (code === "invalid_value") return `must be ${oneOf(issue.values)}`;
  if (code === "too_big" || code === "too_small") return wrongSize(issue);
  if (code === "invalid_format") return FORMATS[issue.format] ?? "does not have the form that this field takes";
  if (code === "invalid_key") return `has a name that is not taken: ${issue.issues[0]?.message ?? "it is not valid"}`;
  if (code === "not_multiple_of") return `must be a multiple of ${issue.divisor}`;
  if (code === "invalid_union" && Array.isArray(issue.options)) return `must be ${oneOf(issue.options)}`;
  return code === "invalid_union" ? "has none of the forms that this field takes" : "is not valid";
}

function wrongType(expected: string, input: unknown): string {
  const given = TYPES[z.util.parsedType(input)] ?? "that";
  const wanted = TYPES[expected] ?? "of another type";
  return wanted === "a whole number" && typeof input === "number"
    ? "must be a whole number"
    : `must be ${wanted}, not ${given === "true or false" ? "a boolean" : given}`;
}

function oneOf(values: readonly unknown[]): string {
  const names = values.map((value) => (typeof value === "string" ? value : JSON.stringify(value)));
  return names.length === 1 ? `"${names.join()}"` : `one of ${listed(names)}`;
}

const listed = (names: readonly string[]): string =>
  names.length <= MAX_NAMES ? names.join(", ") : `${names.slice(0, MAX_NAMES).join(", ")} ...`;

function wrongSize(issue: Extract<RawIssue, { code: "too_big" | "too_small" }>): string {
  const [bound, most] = issue.code === "too_big" ? [issue.maximum, true] : [issue.minimum, false];
  const how = issue.exact ? "exactly" : most ? "at most" : "at least";
  const isEmpty = Number(bound) === 1 && !most;
  if (issue.origin === "string") return isEmpty ? "must not be empty" : `must be ${how} ${bound} characters long`;
  if (issue.origin === "array") return isEmpty ? "must not be empty" : `must have ${how} ${bound} items`;
  if (issue.inclusive === false) return `must be ${most ? "less" : "more"} than ${bound}`;
  return `must be ${bound} or ${most ? "less" : "more"}`;
}

/** The member is named by its place. */
function unknownMember(schema: unknown): string {
  const names = schema instanceof z.ZodObject ? Object.keys(schema.shape) : [];
  return names.length === 0 ? "is not known here" : `is not known here; allowed: ${listed(names)}`;
}
