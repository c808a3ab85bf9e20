import type { ObjectWriter } from "#core/ports/objects.ts";
import { UnusableStore } from "./unusable-store.ts";

/** Always the same key: one object stays, whatever number of processes start. */
export const PROBE_KEY = "results/probe/if-none-match";
const BODY = new TextEncoder().encode("probe");
const METADATA = { sha256: "ba9c736f19e7f60b7f6764adb0b7908c0a2b394e09b6c09863528c7f2bc86095" };

/**
 * Whether the store decides who wrote a key first: it is the arbiter of every charge. `absent`: a key that nothing has
 * ever written, whose HEAD must be a 404 and no 403. Throws UnusableStore, or the driver's Outage.
 */
export async function probeObjects(objects: ObjectWriter, absent: string): Promise<void> {
  if ((await objects.head(absent)) !== undefined)
    throw new UnusableStore("HEAD finds an object that was never written");
  // Where the object is there already, this refusal is the whole proof.
  if ((await create(objects)) === "exists") return;
  if ((await create(objects)) === "created")
    throw new UnusableStore("the store ignores If-None-Match: it overwrites objects");
}

const create = (objects: ObjectWriter) => objects.create(PROBE_KEY, BODY, "text/plain", METADATA);
