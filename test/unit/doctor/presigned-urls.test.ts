import { expect, test } from "vitest";
import type { BucketInspector, PresignedAnswer } from "#core/ports/doctor.ts";
import { bucketChecks } from "../../../backend/doctor/examine-bucket.ts";
import { examine } from "../../../backend/doctor/examination.ts";

const CHECK = "bucket serves presigned URLs";
const GOOD: PresignedAnswer = {
  status: 200,
  text: "probe",
  headers: { "content-disposition": 'attachment; filename="probe.txt"', date: new Date(0).toUTCString() },
};

/** What the check of presigned URLs says of a bucket that answers so. */
async function judged(answer: PresignedAnswer) {
  const inspector: BucketInspector = {
    readPresigned: async () => answer,
    corsOrigins: async () => [],
    isVersioned: async () => false,
    blocksPublicAccess: async () => true,
  };
  const objects = { head: async () => undefined, create: async () => "exists" as const };
  const checks = bucketChecks(objects, inspector, { now: () => 0 }, []);
  const results = await examine(
    checks.filter(({ check }) => check === CHECK),
    String,
  );
  return results[0];
}

test("a presigned URL that serves the object under a Content-Disposition of its own is well", async () => {
  expect(await judged(GOOD)).toMatchObject({ status: "ok" });
});

test.each<[string, PresignedAnswer, RegExp]>([
  ["is refused", { ...GOOD, status: 403 }, /answered 403/],
  ["serves another text", { ...GOOD, text: "other" }, /presigned GET/],
  ["has no Content-Disposition", { ...GOOD, headers: {} }, /response-content-disposition/],
  [
    "shows the settlement receipt",
    { ...GOOD, headers: { "content-disposition": 'attachment; about="e30="' } },
    /settlement receipt/,
  ],
  [
    "shows metadata",
    { ...GOOD, headers: { ...GOOD.headers, "x-amz-meta-finalize-token": "x" } },
    /internal metadata: x-amz-meta-finalize-token/,
  ],
])("one that %s is not", async (_, answer, words) => {
  expect(await judged(answer)).toMatchObject({ status: "failed", detail: expect.stringMatching(words) });
});
