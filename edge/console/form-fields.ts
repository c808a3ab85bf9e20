/** Fields of a form from the JSON Schema of a pack's inputs, and the inputs from what was filled in. */

export interface Schema {
  readonly type?: string | readonly string[];
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly required?: readonly string[];
  readonly items?: Schema;
  readonly enum?: readonly unknown[];
  readonly oneOf?: readonly Schema[];
  readonly anyOf?: readonly Schema[];
  readonly additionalProperties?: boolean | Schema;
  readonly description?: string;
  readonly default?: unknown;
  readonly minimum?: number;
  readonly maximum?: number;
  readonly maxLength?: number;
  readonly maxItems?: number;
  readonly contentEncoding?: string;
}

interface Common {
  readonly name: string;
  readonly required: boolean;
  readonly help: string | undefined;
}
export type Field = Common &
  (
    | { readonly kind: "text" | "long" | "image"; readonly max: number | undefined }
    | {
        readonly kind: "number";
        readonly integer: boolean;
        readonly min: number | undefined;
        readonly max: number | undefined;
      }
    | { readonly kind: "boolean" | "json" | "texts" }
    | { readonly kind: "choice" | "choices"; readonly options: readonly string[] }
    | { readonly kind: "rows"; readonly columns: readonly Field[]; readonly max: number | undefined }
    /** Numbers by two names, the lines of one field and the first column of another. */
    | { readonly kind: "matrix"; readonly lines: string; readonly columns: string }
  );

export type Row = Readonly<Record<string, string>>;
export type Matrix = Readonly<Record<string, Row>>;
export type FieldValue = string | readonly string[] | readonly Row[] | Matrix;
export type Values = Readonly<Record<string, FieldValue>>;

const LONG_CHARS = 500;

/** A field that cannot hold what `given` has of it is one of JSON. */
export function fieldsOf(schema: Schema, given: Readonly<Record<string, unknown>> = {}): readonly Field[] {
  const { properties = {}, required = [] } = schema;
  return Object.entries(properties).map(([name, member]) => {
    const common = { name, required: required.includes(name), help: member.description };
    const field: Field = { ...common, ...kindOf(member, properties) };
    const value = given[name];
    return value === undefined || valueOf(field, value) !== undefined ? field : { ...common, kind: "json" };
  });
}

type Kind = Field extends infer F ? (F extends Common ? Omit<F, keyof Common> : never) : never;

function kindOf(schema: Schema, siblings: Readonly<Record<string, Schema>>): Kind {
  const simple = simpleKindOf(schema);
  if (simple !== undefined) return simple;
  const { type, items, additionalProperties } = schema;
  if (type === "array" && items !== undefined) return listKindOf(items, schema);
  const inner = typeof additionalProperties === "object" ? additionalProperties.additionalProperties : undefined;
  if (typeof inner === "object" && inner.type === "number" && siblings["options"] && siblings["criteria"])
    return { kind: "matrix", lines: "options", columns: "criteria" };
  return { kind: "json" };
}

function listKindOf(items: Schema, { maxItems }: Schema): Kind {
  const options = optionsOf(items) ?? (items.oneOf ?? items.anyOf)?.map(optionsOf).find((each) => each !== undefined);
  if (options !== undefined) return { kind: "choices", options };
  if (items.type === "string") return { kind: "texts" };
  if (items.type !== "object") return { kind: "json" };
  const { properties = {}, required = [] } = items;
  const columns = Object.entries(properties).flatMap(([name, member]): Field[] => {
    const kind = simpleKindOf(member) ?? textAmong(member);
    if (kind !== undefined) return [{ name, required: required.includes(name), help: member.description, ...kind }];
    // The members of a small object are columns of their own: `scale.min`.
    return Object.entries(member.properties ?? {}).flatMap(([inner, schema]): Field[] => {
      const simple = simpleKindOf(schema);
      return simple === undefined
        ? []
        : [{ name: `${name}.${inner}`, required: false, help: schema.description, ...simple }];
    });
  });
  const complete = required.every((name) => columns.some((column) => column.name === name));
  return complete ? { kind: "rows", columns, max: maxItems } : { kind: "json" };
}

function simpleKindOf(schema: Schema): Kind | undefined {
  const { type, maxLength: max, contentEncoding, minimum, maximum } = schema;
  const options = optionsOf(schema);
  if (options !== undefined) return { kind: "choice", options };
  if (type === "string" && contentEncoding === "base64") return { kind: "image", max };
  if (type === "string") return { kind: (max ?? 0) > LONG_CHARS && !isAddress(schema) ? "long" : "text", max };
  if (type === "number" || type === "integer")
    return { kind: "number", integer: type === "integer", min: minimum, max: maximum };
  return type === "boolean" ? { kind: "boolean" } : undefined;
}

/** The longest address is long, but it is one line. */
const isAddress = ({ maxLength, description = "" }: Schema): boolean =>
  maxLength === 2_048 && /\bhttps?\b|Where a/.test(description);

const optionsOf = ({ enum: values }: Schema): readonly string[] | undefined =>
  values !== undefined && values.every((value) => typeof value === "string") ? values : undefined;

/** Of several forms that a member may have, the text. */
const textAmong = ({ anyOf, oneOf }: Schema): Kind | undefined => {
  const text = (anyOf ?? oneOf)?.find(({ type }) => type === "string");
  return text && simpleKindOf(text);
};

/** Of a cell, from its row. */
export const pointerToColumn = (column: string): string => pointerTo(...column.split("."));

/** What the form shows of a value; undefined: the field cannot hold it. */
export function valueOf(field: Field, value: unknown): FieldValue | undefined {
  switch (field.kind) {
    case "json":
      return JSON.stringify(value, null, 2);
    case "boolean":
      return typeof value === "boolean" ? String(value) : undefined;
    case "number":
      return typeof value === "number" ? String(value) : undefined;
    case "choice":
      return typeof value === "string" && field.options.includes(value) ? value : undefined;
    case "choices":
      return isList(value) && value.every((each) => field.options.includes(String(each)))
        ? (value as string[])
        : undefined;
    case "texts":
      return isList(value) && value.every((each) => typeof each === "string" && !each.includes("\n"))
        ? value.join("\n")
        : undefined;
    case "rows":
      return isList(value) ? allOf(value.map((each) => rowOf(each, field.columns))) : undefined;
    case "matrix":
      return matrixOf(value);
    case "text":
    case "long":
    case "image":
      return typeof value === "string" ? value : undefined;
  }
}

const isList = Array.isArray as (value: unknown) => value is readonly unknown[];
const isRecord = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === "object" && value !== null && !isList(value);
const allOf = <T>(values: readonly (T | undefined)[]): readonly T[] | undefined =>
  values.every((value) => value !== undefined) ? values : undefined;

function rowOf(value: unknown, columns: readonly Field[]): Row | undefined {
  if (!isRecord(value)) return undefined;
  const members = Object.entries(value).flatMap(([name, each]) =>
    isRecord(each)
      ? Object.entries(each).map(([inner, one]) => [`${name}.${inner}`, one] as const)
      : [[name, each] as const],
  );
  const cells = members.map(([name, each]) => {
    const column = columns.find((candidate) => candidate.name === name);
    const shown = column && valueOf(column, each);
    return typeof shown === "string" ? ([name, shown] as const) : undefined;
  });
  const all = allOf(cells);
  return all && Object.fromEntries(all);
}

function matrixOf(value: unknown): Matrix | undefined {
  if (!isRecord(value)) return undefined;
  const rows = Object.entries(value).map(([name, row]) =>
    isRecord(row) && Object.values(row).every((each) => typeof each === "number")
      ? ([name, Object.fromEntries(Object.entries(row).map(([key, each]) => [key, String(each)]))] as const)
      : undefined,
  );
  const all = allOf(rows);
  return all && Object.fromEntries(all);
}

/** What a form begins with: what is given, else the schema's defaults. */
export function valuesOf(
  fields: readonly Field[],
  schema: Schema,
  given: Readonly<Record<string, unknown>> = {},
): Values {
  return Object.fromEntries(
    fields.flatMap((field) => {
      const value = given[field.name] ?? schema.properties?.[field.name]?.default;
      const shown = value === undefined ? undefined : valueOf(field, value);
      return shown === undefined ? [] : [[field.name, shown]];
    }),
  );
}

export interface FieldError {
  /** JSON Pointer from the body: `/inputs/question`. */
  readonly pointer: string;
  readonly detail: string;
}

const escaped = (name: string): string => name.replaceAll("~", "~0").replaceAll("/", "~1");
export const pointerTo = (...path: readonly (string | number)[]): string =>
  path.map((step) => `/${escaped(String(step))}`).join("");

/** The inputs that the form says. What is empty is left out: whether it may be, the API says. */
export function inputsOf(
  fields: readonly Field[],
  values: Values,
): { inputs: Record<string, unknown>; errors: readonly FieldError[] } {
  const errors: FieldError[] = [];
  const inputs: Record<string, unknown> = {};
  for (const field of fields) {
    const value = values[field.name];
    const sent =
      value === undefined ? undefined : sentOf(field, value, pointerTo("inputs", field.name), { errors, values });
    if (sent !== undefined) inputs[field.name] = sent;
  }
  return { inputs, errors };
}

interface Sending {
  readonly errors: FieldError[];
  readonly values: Values;
}

function sentOf(field: Field, value: FieldValue, pointer: string, sending: Sending): unknown {
  if (typeof value === "string") return textSentOf(field, value, pointer, sending.errors);
  if (field.kind === "rows")
    return (value as readonly Row[]).map((row, index) => rowSentOf(field.columns, row, `${pointer}/${index}`, sending));
  if (field.kind === "matrix") return matrixSentOf(field, value as Matrix, pointer, sending);
  return isList(value) && value.length > 0 ? value : undefined;
}

function textSentOf(field: Field, text: string, pointer: string, errors: FieldError[]): unknown {
  if (field.kind === "boolean") return text === "" ? undefined : text === "true";
  if (field.kind === "texts") {
    const lines = text
      .split("\n")
      .map((line) => line.trim())
      .filter(Boolean);
    return lines.length === 0 ? undefined : lines;
  }
  if (text.trim() === "") return undefined;
  if (field.kind === "number") {
    const number = Number(text);
    if (Number.isFinite(number)) return number;
    errors.push({ pointer, detail: "must be a number" });
    return undefined;
  }
  if (field.kind !== "json") return text;
  try {
    return JSON.parse(text) as unknown;
  } catch {
    errors.push({ pointer, detail: "must be JSON" });
    return undefined;
  }
}

function rowSentOf(columns: readonly Field[], row: Row, pointer: string, sending: Sending): Record<string, unknown> {
  const sent: Record<string, unknown> = {};
  for (const column of columns) {
    const value = row[column.name];
    const cell =
      value === undefined ? undefined : sentOf(column, value, pointer + pointerToColumn(column.name), sending);
    if (cell === undefined) continue;
    const [name = "", inner] = column.name.split(".");
    sent[name] = inner === undefined ? cell : { ...(sent[name] as object | undefined), [inner]: cell };
  }
  return sent;
}

/** The names of a matrix as the other fields have them now. */
export function matrixNames(field: { readonly lines: string; readonly columns: string }, values: Values) {
  const named = values[field.lines];
  const lines = (typeof named === "string" ? named : "")
    .split("\n")
    .map((line) => line.trim())
    .filter(Boolean);
  const rows = values[field.columns];
  const columns = isList(rows) ? (rows as readonly Row[]).map((row) => (row["name"] ?? "").trim()).filter(Boolean) : [];
  return { lines: [...new Set(lines)], columns: [...new Set(columns)] };
}

const own = <T>(record: Readonly<Record<string, T>>, name: string): T | undefined =>
  Object.hasOwn(record, name) ? record[name] : undefined;

/** People choose the names: `constructor` is one that every object has something under. */
export const cellOf = (matrix: Matrix, line: string, column: string): string =>
  own(own(matrix, line) ?? {}, column) ?? "";

/** The matrix with another text in that cell. */
export const withCell = (matrix: Matrix, line: string, column: string, text: string): Matrix => ({
  ...matrix,
  [line]: { ...own(matrix, line), [column]: text },
});

function matrixSentOf(
  field: Field & { kind: "matrix" },
  matrix: Matrix,
  pointer: string,
  { errors, values }: Sending,
): unknown {
  const { lines, columns } = matrixNames(field, values);
  const rows = lines.flatMap((line) => {
    const cells = columns.flatMap((column) => {
      const text = cellOf(matrix, line, column).trim();
      if (text === "") return [];
      if (Number.isFinite(Number(text))) return [[column, Number(text)] as const];
      errors.push({ pointer: `${pointer}/${escaped(line)}/${escaped(column)}`, detail: "must be a number" });
      return [];
    });
    return cells.length === 0 ? [] : [[line, Object.fromEntries(cells)] as const];
  });
  return rows.length === 0 ? undefined : Object.fromEntries(rows);
}

/** The error of what the pointer names, or the first of what is within it. */
export function errorAt(errors: readonly FieldError[], pointer: string, within = true): string | undefined {
  const found =
    errors.find((error) => error.pointer === pointer) ??
    (within ? errors.find((error) => error.pointer.startsWith(`${pointer}/`)) : undefined);
  if (found === undefined) return undefined;
  const rest = found.pointer.slice(pointer.length + 1);
  const place = /^\d+$/.test(rest)
    ? `Entry ${Number(rest) + 1}: `
    : rest === ""
      ? ""
      : `${rest.replaceAll("/", ", ").replaceAll("~1", "/").replaceAll("~0", "~")}: `;
  // "is required" alone begins no sentence.
  const text = place === "" && found.detail.startsWith("is ") ? `This ${found.detail}` : place + found.detail;
  return `${text.slice(0, 1).toUpperCase()}${text.slice(1)}${text.endsWith(".") ? "" : "."}`;
}
