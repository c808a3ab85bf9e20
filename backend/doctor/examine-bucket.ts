import { attachmentOf } from "#core/domain/presigned.ts";
import type { Clock } from "#core/ports/clock.ts";
import type { BucketInspector } from "#core/ports/doctor.ts";
import type { ObjectWriter } from "#core/ports/objects.ts";
import { skewOf } from "./clock-skew.ts";
import { absentKey } from "./essentials.ts";
import { Doubt, type Examination, Skip } from "./examination.ts";
import { PROBE_KEY, PROBE_TEXT, probeObjects } from "./probe-objects.ts";
import { UnusableStore } from "./unusable-store.ts";

const SECOND_MS = 1_000;

export function bucketChecks(
  objects: ObjectWriter,
  inspector: BucketInspector,
  clock: Clock,
  pages: readonly string[],
): readonly Examination[] {
  return [
    {
      check: "bucket tells who wrote first",
      run: async () => {
        await probeObjects(objects, absentKey(clock));
        return "HEAD of nothing is 404, the second PUT is 412, the settlement receipt is kept";
      },
    },
    { check: "bucket serves presigned URLs", run: () => presigned(inspector) },
    { check: "bucket clock", run: () => skewOf("the bucket", clock, () => dateOf(inspector)) },
    { check: "bucket lets pages read", run: () => cors(inspector, pages) },
    { check: "bucket keeps no old versions", run: () => versions(inspector) },
    { check: "bucket is not public", run: () => privacy(inspector) },
  ];
}

/** What a client is shown in the place of the settlement receipt. */
const FILE_NAME = "probe.txt";

async function presigned(inspector: BucketInspector): Promise<string> {
  const { status, text, headers } = await inspector.readPresigned(PROBE_KEY, FILE_NAME);
  if (status !== 200 || text !== PROBE_TEXT) throw new UnusableStore(`a presigned GET is answered ${status}`);
  const shown = headers["content-disposition"] ?? "none";
  if (shown !== attachmentOf(FILE_NAME))
    throw new UnusableStore("a presigned GET ignores response-content-disposition: it shows the settlement receipt");
  const inner = Object.keys(headers).find((name) => name.startsWith("x-amz-meta-"));
  if (inner !== undefined) throw new UnusableStore(`a presigned GET shows internal metadata: ${inner}`);
  return "GET 200, with a Content-Disposition of its own and no metadata";
}

/** A Date is of whole seconds. */
async function dateOf(inspector: BucketInspector): Promise<number> {
  const { date } = (await inspector.readPresigned(PROBE_KEY, FILE_NAME)).headers;
  if (date === undefined) throw new Skip("the answers have no Date");
  return Date.parse(date) + SECOND_MS / 2;
}

async function cors(inspector: BucketInspector, pages: readonly string[]): Promise<string> {
  if (pages.length === 0) throw new Skip("DPP_CORS_ORIGINS is not set: no page calls the API");
  const allowed = await inspector.corsOrigins();
  if (allowed === "denied") throw new Doubt("these credentials may not s3:GetBucketCORS");
  const missing = pages.filter((page) => !allowed.includes(page) && !allowed.includes("*"));
  if (missing.length > 0) throw new UnusableStore(`the bucket's CORS rules lack GET for ${missing.join(", ")}`);
  return pages.join(", ");
}

/** What a lifecycle rule does to old versions cannot be known here: it may be right. */
async function versions(inspector: BucketInspector): Promise<string> {
  const isVersioned = await unlessUnknown(() => inspector.isVersioned(), "s3:GetBucketVersioning");
  if (isVersioned)
    throw new Doubt("versions are kept: results outlive their retention without NoncurrentVersionExpiration");
  return "versioning is off";
}

async function privacy(inspector: BucketInspector): Promise<string> {
  const isBlocked = await unlessUnknown(() => inspector.blocksPublicAccess(), "s3:GetBucketPublicAccessBlock");
  if (!isBlocked) throw new Doubt("Block Public Access is not on in full: a policy could publish results");
  return "public access is blocked";
}

/** Stores compatible with S3 do not all know such settings, and few processes may read them. */
async function unlessUnknown(read: () => Promise<boolean | "denied">, right: string): Promise<boolean> {
  const result = await read().catch(() => {
    throw new Skip("the store does not say");
  });
  if (result === "denied") throw new Skip(`these credentials may not ${right}`);
  return result;
}
