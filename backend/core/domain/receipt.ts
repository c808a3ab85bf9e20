import { z } from "zod";
import { type Micros, microsFromText } from "./money.ts";

/** What the first object at an attempt's key says: that the attempt finished, and at what cost. */
export interface Receipt {
  readonly cost: Micros;
  readonly sha256: string;
  readonly finalize_token: string;
  readonly bytes: number;
  readonly reliability: number;
}

const metadata = z.object({
  "actual-cost-usd-micros": z
    .string()
    .regex(/^\d{1,16}$/)
    .transform(microsFromText),
  sha256: z.string().regex(/^[0-9a-f]{64}$/),
  "finalize-token": z.guid(),
  bytes: z
    .string()
    .regex(/^\d{1,9}$/)
    .transform(Number),
  reliability: z.string().transform(Number).pipe(z.number().min(0).max(1)),
});

/** The S3 key that decides attempt N. */
export function resultKey(tenant_id: string, run_id: string, attempt: number): string {
  return `results/${tenant_id}/${run_id}/${attempt}.json`;
}

/** S3 user metadata of a result. */
export function receiptMetadata(receipt: Receipt): Readonly<Record<string, string>> {
  return {
    "actual-cost-usd-micros": String(receipt.cost),
    sha256: receipt.sha256,
    "finalize-token": receipt.finalize_token,
    bytes: String(receipt.bytes),
    reliability: String(receipt.reliability),
  };
}

/** S3 user metadata and body of a tombstone: this attempt can never finish. */
export const TOMBSTONE = {
  metadata: { tombstone: "true" },
  content_type: "application/json",
  body: new Uint8Array([0x7b, 0x7d]),
} as const;

export type Verdict =
  | { readonly kind: "receipt"; readonly receipt: Receipt }
  | { readonly kind: "tombstone" }
  | { readonly kind: "unreadable" };

/** What an object's metadata says about its attempt. */
export function readVerdict(found: Readonly<Record<string, string>>): Verdict {
  if (found["tombstone"] === "true") return { kind: "tombstone" };
  const parsed = metadata.safeParse(found);
  if (!parsed.success) return { kind: "unreadable" };
  const { "actual-cost-usd-micros": cost, "finalize-token": finalize_token, ...rest } = parsed.data;
  return { kind: "receipt", receipt: { cost, finalize_token, ...rest } };
}
