import { z } from "zod";

/** The maximum number of errors of one list or record; what comes after them is not checked. */
const MAX_ISSUES = 20;

/** A text of at most so many UTF-16 units. Of a longer one nothing else is checked: later checks may scan it. */
export const textUpTo = (chars: number, message?: string) =>
  z.string().max(chars, { abort: true, ...(message !== undefined && { error: message }) });

/** For JSON Schema: one line without space at either end, as far as a pattern says it that every engine reads alike. */
export const lineUpTo = (chars: number): string =>
  String.raw`^[^\x00-\x20\x7f]([^\x00-\x1f\x7f]{0,${chars - 2}}[^\x00-\x20\x7f])?$`;

type Payload = z.core.ParsePayload;

/** Runs `parse` over so many members at a time until there are enough issues, and gathers those. */
function inChunks(payload: Payload, members: number, parse: (from: number, to: number) => Payload): unknown[] {
  const values: unknown[] = [];
  for (let from = 0; from < members && payload.issues.length < MAX_ISSUES; from += MAX_ISSUES) {
    const chunk = parse(from, from + MAX_ISSUES);
    payload.issues.push(...chunk.issues);
    values.push(chunk.value);
  }
  return values;
}

/** Nothing that a caller sends is parsed asynchronously. */
function now(parsed: Payload | Promise<Payload>): Payload {
  if (parsed instanceof Promise) throw new z.core.$ZodAsyncError();
  return parsed;
}

interface BoundedArrayDef extends z.core.$ZodArrayDef {
  readonly items: number;
}

const BoundedArray = z.core.$constructor<z.ZodArray, BoundedArrayDef>("BoundedArray", (inst, def) => {
  z.ZodArray.init(inst, def);
  const parse = inst._zod.parse.bind(inst._zod);
  inst._zod.parse = (payload, context) => {
    const { value } = payload;
    if (!Array.isArray(value) || value.length <= Math.min(MAX_ISSUES, def.items)) return parse(payload, context);
    // Checks no member: the next check says that there are too many, and ends the parsing.
    if (value.length > def.items) return payload;
    payload.value = inChunks(payload, value.length, (from, to) => {
      const chunk = now(parse({ value: value.slice(from, to), issues: [] }, context));
      return { value: chunk.value, issues: chunk.issues.map((issue) => movedBy(from, issue)) };
    }).flat(1);
    return payload;
  };
});

function movedBy(from: number, issue: Payload["issues"][number]): Payload["issues"][number] {
  const [at, ...rest] = issue.path ?? [];
  return { ...issue, path: [from + Number(at), ...rest] };
}

const BoundedRecord = z.core.$constructor<z.ZodRecord>("BoundedRecord", (inst, def) => {
  z.ZodRecord.init(inst, def);
  const parse = inst._zod.parse.bind(inst._zod);
  inst._zod.parse = (payload, context) => {
    const { value } = payload;
    if (!isRecord(value) || !hasOver(value, MAX_ISSUES)) return parse(payload, context);
    const entries = Object.entries(value);
    const chunks = inChunks(payload, entries.length, (from, to) =>
      now(parse({ value: Object.fromEntries(entries.slice(from, to)), issues: [] }, context)),
    );
    payload.value = Object.assign({}, ...chunks) as z.output<z.ZodRecord>;
    return payload;
  };
});

/** A list of at most so many items, which are counted first. */
export function listUpTo<Item extends z.ZodType>(items: number, item: Item, message?: string): z.ZodArray<Item> {
  const list = new BoundedArray({ type: "array", element: item, items }) as unknown as z.ZodArray<Item>;
  return list.max(items, { abort: true, ...(message !== undefined && { error: message }) });
}

/** A record of at most so many pairs, which are counted first. */
export function recordUpTo<Key extends z.core.$ZodRecordKey, Value extends z.ZodType>(
  pairs: number,
  key: Key,
  value: Value,
  message = `must be at most ${pairs} pairs`,
) {
  const record = new BoundedRecord({ type: "record", keyType: key, valueType: value });
  return z.preprocess(
    (given, context) => {
      if (isRecord(given) && hasOver(given, pairs)) context.addIssue({ code: "custom", message, input: given });
      return given;
    },
    (record as unknown as z.ZodRecord<Key, Value>).meta({ maxProperties: pairs }),
  );
}

const isRecord = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === "object" && value !== null && !Array.isArray(value);

/** Stops at the first pair too many. */
function hasOver(value: Readonly<Record<string, unknown>>, pairs: number): boolean {
  let seen = 0;
  for (const _name in value) {
    seen += 1;
    if (seen > pairs) return true;
  }
  return false;
}
