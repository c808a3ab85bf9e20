import { sha256Hex } from "#core/domain/hash.ts";
import { canonicalJson } from "#core/domain/idempotency.ts";
import { MAX_COST_MICROS, micros } from "#core/domain/money.ts";
import type { ObjectMetadata } from "#core/domain/object-metadata.ts";
import { type Receipt, readVerdict, receiptMetadata } from "#core/domain/receipt.ts";
import type { ObjectWriter } from "#core/ports/objects.ts";
import { UnusableStore } from "./unusable-store.ts";

/** Always the same key: one object stays, whatever number of processes start. */
export const PROBE_KEY = "results/probe/receipt";
export const PROBE_TEXT = "probe";
const BODY = new TextEncoder().encode(PROBE_TEXT);
/** As of a result, at its largest. */
const RECEIPT: Receipt = {
  cost: micros(MAX_COST_MICROS),
  sha256: sha256Hex(PROBE_TEXT),
  finalize_token: "01a1fa37-24d5-77a5-b92c-ccf601371541",
  bytes: BODY.byteLength,
  reliability: 1,
};

/**
 * Whether the store decides who wrote a key first, and keeps what a result costs: it is the arbiter of every charge.
 * `absent`: a key that nothing has ever written, whose HEAD must be a 404 and no 403. Throws UnusableStore, or the
 * driver's Outage.
 */
export async function probeObjects(objects: ObjectWriter, absent: string): Promise<void> {
  if ((await objects.head(absent)) !== undefined)
    throw new UnusableStore("HEAD finds an object that was never written");
  // Where the object is there already, this refusal is the whole proof.
  if ((await create(objects)) !== "exists" && (await create(objects)) === "created")
    throw new UnusableStore("the store ignores If-None-Match: it overwrites objects");
  if (!isKept(await objects.head(PROBE_KEY)))
    throw new UnusableStore("HEAD does not give back the Content-Disposition that an object was stored with");
}

function isKept(found: ObjectMetadata | undefined): boolean {
  const verdict = readVerdict(found ?? {});
  return verdict.kind === "receipt" && canonicalJson(verdict.receipt) === canonicalJson(RECEIPT);
}

const create = (objects: ObjectWriter) => objects.create(PROBE_KEY, BODY, "text/plain", receiptMetadata(RECEIPT));
