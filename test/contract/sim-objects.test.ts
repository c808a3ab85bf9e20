import { randomUUID } from "node:crypto";
import { GetObjectCommand, S3Client } from "@aws-sdk/client-s3";
import fc from "fast-check";
import { afterAll, expect, inject, test } from "vitest";
import { micros } from "#core/domain/money.ts";
import { sha256Hex } from "#core/domain/hash.ts";
import { readVerdict, receiptMetadata, resultKey, TOMBSTONE } from "#core/domain/receipt.ts";
import { awsClient } from "../../backend/drivers/aws-client.ts";
import { createS3Objects } from "../../backend/drivers/s3.ts";
import { SimObjects } from "../tools/sim/stores/objects.ts";
import { awsSettings } from "../dev/aws-settings.ts";

const SEED = 20_261_121;
const stack = inject("stack");
const aws = awsSettings(stack);
const client = (attempts: number) => awsClient(aws, stack.s3Endpoint, { request_ms: 10_000, attempts });
const open = (attempts: number) => createS3Objects({ client: client(attempts), bucket: stack.bucket });
/** That of the worker, whose puts are its own, and that of all others. */
const drivers = { worker: open(1), other: open(3) };
const raw = new S3Client(client(3));
afterAll(() => {
  drivers.worker.close();
  drivers.other.close();
  raw.destroy();
});

type Step =
  | { readonly kind: "create"; readonly attempt: number; readonly body: Uint8Array; readonly metadata: Metadata }
  | { readonly kind: "head"; readonly attempt: number }
  | { readonly kind: "delete"; readonly attempts: readonly number[] };
type Metadata = Readonly<Record<string, string>>;

const attempt = fc.integer({ min: 1, max: 3 });
const receipt = fc
  .record({
    cost: fc.integer({ min: 0, max: 10_000_000 }).map(micros),
    sha256: fc.stringMatching(/^[0-9a-f]{64}$/),
    finalize_token: fc.uuid(),
    bytes: fc.nat(1_000_000),
    reliability: fc.constantFrom(0, 0.25, 1),
  })
  .map(receiptMetadata);
// Results, tombstones, and what somebody else left at the key.
const metadata: fc.Arbitrary<Metadata> = fc.oneof(
  { arbitrary: receipt, weight: 3 },
  fc.constant(TOMBSTONE.metadata),
  fc.constantFrom({}, { origin: "elsewhere" }, { tombstone: "no" }),
);
const step: fc.Arbitrary<Step> = fc.oneof(
  {
    arbitrary: fc.record({
      kind: fc.constant("create" as const),
      attempt,
      body: fc.uint8Array({ minLength: 1, maxLength: 40 }),
      metadata,
    }),
    weight: 3,
  },
  { arbitrary: fc.record({ kind: fc.constant("head" as const), attempt }), weight: 3 },
  fc.record({
    kind: fc.constant("delete" as const),
    attempts: fc.uniqueArray(attempt, { minLength: 1, maxLength: 3 }),
  }),
);

const whose = fc.constantFrom("worker" as const, "other" as const);

/** A result is signed by the hash that its metadata has: the server compares. */
const withHashOf = (body: Uint8Array, metadata: Readonly<Record<string, string>>) =>
  "sha256" in metadata ? { ...metadata, sha256: sha256Hex(body) } : metadata;

test("the simulator's objects answer every trace as the server does, and hold the same in the end", async () => {
  const seen = { created: 0, exists: 0, absent: 0, receipt: 0, tombstone: 0, unreadable: 0, deleted: 0 };
  await fc.assert(
    fc.asyncProperty(whose, fc.array(step, { minLength: 5, maxLength: 25 }), async (name, trace) => {
      const server = drivers[name];
      const sim = new SimObjects();
      const [tenant_id, run_id] = [randomUUID(), randomUUID()];
      const at = (attempt: number) => resultKey(tenant_id, run_id, attempt);
      const look = async (attempt: number) => {
        const found = sim.head(at(attempt));
        expect(await server.head(at(attempt))).toEqual(found);
        return found === undefined ? "absent" : readVerdict(found).kind;
      };
      for (const done of trace) {
        if (done.kind === "create") {
          const { body } = done;
          const metadata = withHashOf(body, done.metadata);
          const answer = sim.create(at(done.attempt), { body, metadata });
          expect(await server.create(at(done.attempt), body, TOMBSTONE.content_type, metadata)).toBe(answer);
          seen[answer] += 1;
        } else if (done.kind === "head") {
          seen[await look(done.attempt)] += 1;
        } else {
          const keys = done.attempts.map(at);
          await server.delete(keys);
          sim.delete(keys);
          seen.deleted += 1;
        }
      }
      for (const attempt of [1, 2, 3]) {
        if ((await look(attempt)) === "absent") continue;
        const { Body } = await raw.send(new GetObjectCommand({ Bucket: stack.bucket, Key: at(attempt) }));
        expect(await Body?.transformToByteArray()).toEqual(sim.all.get(at(attempt))?.body);
      }
    }),
    { numRuns: 40, seed: SEED },
  );
  // A trace that reaches nothing compares nothing.
  expect(Object.entries(seen).filter(([, times]) => times < 5)).toEqual([]);
});
