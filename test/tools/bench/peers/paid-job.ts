import { createHash } from "node:crypto";
import { PutObjectCommand, S3Client, S3ServiceException } from "@aws-sdk/client-s3";
import type pg from "pg";
import { micros } from "../../../../backend/core/domain/money.ts";
import { chargeFor } from "../../../../backend/core/domain/pack.ts";
import { type DecisionInputs, decisionOffer } from "../../../../backend/core/domain/packs/decision.ts";
import { reportOutcome } from "../../../../backend/worker/packs/decision/report-outcome.ts";
import type { PeerAddresses } from "./peer-order.ts";

export const RESERVE = micros(50_000);
const SOURCES = { options: "caller", criteria: "caller", scores: "caller" } as const;
const ALREADY_THERE = 412;

/** What a peer's queue carries. */
export interface PaidJob {
  readonly run_id: string;
  readonly tenant_id: string;
  readonly inputs: DecisionInputs;
}

/** The money of a run is held, and its job queued, unless a run of this key exists. */
export const HOLD = "peers.hold($1::uuid, $2::uuid, $3::text, $4::bigint)";

export interface PaidWorker {
  perform(job: PaidJob): Promise<void>;
  close(): void;
}

/** The work of a paid run, at a peer: the product's own report, one object that is never replaced, one call that settles. */
export function paidWorker(addresses: PeerAddresses, pool: pg.Pool): PaidWorker {
  const s3 = new S3Client({
    region: addresses.region,
    endpoint: addresses.s3_endpoint,
    credentials: { accessKeyId: addresses.access_key_id, secretAccessKey: addresses.secret_access_key },
    forcePathStyle: true,
    requestChecksumCalculation: "WHEN_REQUIRED",
  });
  const put = async (Key: string, Body: Uint8Array): Promise<void> => {
    const object = { Bucket: addresses.bucket, Key, Body, ContentType: "application/json", IfNoneMatch: "*" };
    await s3.send(new PutObjectCommand(object)).catch((error: unknown) => {
      if (!(error instanceof S3ServiceException) || error.$metadata.httpStatusCode !== ALREADY_THERE) throw error;
    });
  };
  return {
    async perform({ run_id, tenant_id, inputs }) {
      const outcome = reportOutcome({ inputs, sources: SOURCES, model: null, spent: {} });
      if (outcome.kind !== "done") throw new Error(`the decision ended as ${outcome.kind}`);
      const charge = chargeFor(decisionOffer.prices, outcome.units, RESERVE);
      const result = { run_id, status: "COMPLETED", charged_micros: charge, units: outcome.units, data: outcome.data };
      const body = Buffer.from(JSON.stringify(result));
      const sha256 = createHash("sha256").update(body).digest();
      await put(`peers/${tenant_id}/${run_id}.json`, body);
      const text = "SELECT peers.settle($1::uuid, $2::bigint, $3::bytea, $4::bigint)";
      await pool.query({ name: "settle", text, values: [run_id, charge, sha256, body.byteLength] });
    },
    close: () => s3.destroy(),
  };
}
