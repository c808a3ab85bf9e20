import type { Fault } from "./sigv4-check.ts";

interface Bound {
  readonly most: number;
  readonly least?: number;
}

/** Numbers of a request, where SQS bounds them ("Amazon SQS message quotas", API Reference). */
const BOUNDS: Readonly<Record<string, Bound>> = {
  DelaySeconds: { most: 900 },
  MaxNumberOfMessages: { least: 1, most: 10 },
  VisibilityTimeout: { most: 43_200 },
  WaitTimeSeconds: { most: 20 },
};
const MAX_ATTRIBUTES = 10;
const MAX_ENTRY_ID = 80;
/** The handles that the emulator gives. */
const HANDLE = /^[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}$/;

type Body = Readonly<Record<string, unknown>>;

const invalid = (message: string, code = "InvalidParameterValue"): Fault => ({ status: 400, code, message });

/** What SQS refuses and the emulator, or the long poll before it, takes. */
export function limitFault(action: string, body: Body): Fault | undefined {
  const entries = Array.isArray(body["Entries"]) ? (body["Entries"] as Body[]) : [];
  const long = entries.find(({ Id }) => String(Id).length > MAX_ENTRY_ID);
  if (long !== undefined) {
    const rule = "A batch entry id can only contain alphanumeric characters, hyphens and underscores.";
    return invalid(`${rule} It can be at most 80 letters long.`, "InvalidBatchEntryId");
  }
  const isBatch = action.endsWith("Batch");
  return isBatch ? undefined : partFault(body);
}

/** Batches whose entries fail one by one: their faults, and those that are left to do. */
export function entryFaults(body: Body): { readonly left: Body; readonly failed: readonly object[] } {
  const entries = Array.isArray(body["Entries"]) ? (body["Entries"] as Body[]) : [];
  const judged = entries.map((entry) => ({ entry, fault: partFault(entry) }));
  const failed = judged.flatMap(({ entry, fault }) =>
    fault === undefined ? [] : [{ Id: entry["Id"], SenderFault: true, Code: fault.code, Message: fault.message }],
  );
  return { left: { ...body, Entries: judged.flatMap(({ entry, fault }) => (fault ? [] : [entry])) }, failed };
}

function partFault(part: Body): Fault | undefined {
  for (const [name, { least = 0, most }] of Object.entries(BOUNDS)) {
    const value = part[name];
    if (value === undefined || value === null) continue;
    if (Number.isInteger(value) && Number(value) >= least && Number(value) <= most) continue;
    return invalid(
      `Value ${JSON.stringify(value)} for parameter ${name} is invalid. Reason: Must be >= ${least} and <= ${most}, if provided.`,
    );
  }
  const { ReceiptHandle: handle } = part as { readonly ReceiptHandle?: string };
  if (handle !== undefined && !HANDLE.test(handle))
    return invalid(`The input receipt handle "${handle}" is not a valid receipt handle.`, "ReceiptHandleIsInvalid");
  const count = Object.keys(part["MessageAttributes"] ?? {}).length;
  if (count <= MAX_ATTRIBUTES) return undefined;
  return invalid(`Number of message attributes [${count}] exceeds the allowed maximum [${MAX_ATTRIBUTES}].`);
}
