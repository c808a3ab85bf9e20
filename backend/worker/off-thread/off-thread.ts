import { sha256Hex } from "#core/domain/hash.ts";
import type { PackOffer } from "#core/domain/pack.ts";
import type { Written } from "#core/domain/written-json.ts";
import { createProcessPool, type Isolated, type PoolLimits } from "../packs/isolation/process-pool.ts";
import type { Asker } from "../packs/isolation/turn.ts";
import { type Attempt, NOT_SENT, ProcessLost, startWorkProcess } from "../packs/isolation/work-process.ts";
import { isSmall } from "./is-small.ts";
import type { JsonTask } from "./json-process.ts";
import { type JsonWork, jsonWork, type ReadInputs } from "./json-work.ts";

/** What is no larger is worked on where the leases are kept: inputs in UTF-16 units, results in about characters or in bytes. */
export const SMALL = { input_chars: 2_048, result_chars: 16_384 } as const;

/** How long one reading or writing may take. */
const LONGEST_MS = 20_000;
const MEMORY = { heap_mb: 256, resident_mb: 600 };

/**
 * Work that grows with what a caller sent or a pack made. The thread that keeps the leases of all runs gives it away,
 * unless it is small.
 */
export interface OffThread {
  /** Parses and validates the text of inputs; `too_costly` when that took too much time or memory. */
  readInputs(offer: PackOffer, text: string, asker: Asker): Promise<ReadInputs | { readonly kind: "too_costly" }>;
  /** Writes canonical JSON. */
  writeJson(value: unknown, asker: Asker): Promise<Written>;
  /** The same of a pack's data, which its offer's schema is held against. */
  writeData(offer: PackOffer, data: unknown, asker: Asker): Promise<Written>;
  /** SHA-256 in lower-case hex. */
  sha256(bytes: Uint8Array): Promise<string>;
}

// Beside this file there is a .ts when run from sources and a .js when bundled: the bundler needs it as an entry point.
const SCRIPT = new URL(import.meta.url.endsWith(".ts") ? "./json-process.ts" : "./json-process.js", import.meta.url);

type Away = Isolated<JsonTask, ReadInputs | Written>;

/** The processes that it uses. */
export const jsonPool = (limits?: PoolLimits): Away =>
  createProcessPool("json", () => startWorkProcess(SCRIPT, MEMORY), limits);

/** `here` does what is small, and processes of its own the rest. */
export function createOffThread(away: Away = jsonPool(), here: JsonWork = jsonWork): OffThread {
  async function write(value: unknown, offer: PackOffer | undefined, asker: Asker): Promise<Written> {
    if (isSmall(value, SMALL.result_chars)) return here.write(value, offer?.data);
    const task = { kind: "write", value, ...(offer !== undefined && { data_of: offer.type }) } as const;
    const attempt = await away(task, asker, LONGEST_MS);
    if (attempt.kind === "ok") return attempt.result as Written;
    if (attempt.reason === NOT_SENT) return "not-json";
    return isTooCostly(attempt) ? "too-large" : brokeOff(attempt);
  }
  return {
    async readInputs(offer, text, asker) {
      if (text.length <= SMALL.input_chars) return here.read(offer, text);
      const attempt = await away({ kind: "read", pack_type: offer.type, text }, asker, LONGEST_MS);
      if (attempt.kind === "ok") return attempt.result as ReadInputs;
      return isTooCostly(attempt) ? { kind: "too_costly" } : brokeOff(attempt);
    },
    writeJson: (value, asker) => write(value, undefined, asker),
    writeData: (offer, data, asker) => write(data, offer, asker),
    async sha256(bytes) {
      if (bytes.byteLength <= SMALL.result_chars) return sha256Hex(bytes);
      // By a thread of Node's own.
      const digest = await crypto.subtle.digest("SHA-256", bytes as Uint8Array<ArrayBuffer>);
      return Buffer.from(digest).toString("hex");
    },
  };
}

type Failed = Extract<Attempt<unknown>, { kind: "failed" }>;

const isTooCostly = ({ reason }: Failed) =>
  reason === "timeout" || reason === "out-of-memory" || reason === "RangeError";

/** This work is the platform's own: that it fails otherwise is no error of the inputs or of the pack. */
function brokeOff({ reason }: Failed): never {
  throw new ProcessLost(`the work on JSON broke off: ${reason}`);
}
