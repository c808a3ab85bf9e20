import { expect, test } from "vitest";
import type { BucketInspector } from "#core/ports/doctor.ts";
import { describeError } from "../../../backend/doctor/describe-error.ts";
import { bucketChecks } from "../../../backend/doctor/examine-bucket.ts";
import { examine } from "../../../backend/doctor/examination.ts";

const good: BucketInspector = {
  readPresigned: async () => ({ status: 200, text: "probe", headers: {} }),
  corsOrigins: async () => [],
  isVersioned: async () => false,
  blocksPublicAccess: async () => true,
};

async function statuses(change: Partial<BucketInspector>) {
  const objects = { create: async () => "exists" as const, head: async () => undefined };
  const checks = bucketChecks(objects, { ...good, ...change }, { now: () => 0 }, []);
  const wanted = new Set(["bucket keeps no old versions", "bucket is not public"]);
  const found = await examine(
    checks.filter(({ check }) => wanted.has(check)),
    describeError,
  );
  return found.map(({ status }) => status);
}

const CASES: readonly (readonly [string, Partial<BucketInspector>, readonly string[]])[] = [
  ["versions are off and public access is blocked, all is well", {}, ["ok", "ok"]],
  ["old versions are kept, it warns", { isVersioned: async () => true }, ["warning", "ok"]],
  ["public access is possible, it warns", { blocksPublicAccess: async () => false }, ["ok", "warning"]],
  [
    "it may not ask, it says so",
    { isVersioned: async () => "denied", blocksPublicAccess: async () => "denied" },
    ["skipped", "skipped"],
  ],
  [
    "the store does not know the setting, it says so",
    { isVersioned: () => Promise.reject(new Error("odd")) },
    ["skipped", "ok"],
  ],
];

test.each(CASES)("where %s", async (_, change, expected) => {
  expect(await statuses(change)).toEqual(expected);
});
