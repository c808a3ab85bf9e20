import { z } from "zod";
import { publicKey } from "#core/domain/receipt-key.ts";
import { RECEIPT_ALG } from "#core/domain/signed-receipt.ts";

export const receiptView = z.strictObject({
  receipt: z
    .string()
    .regex(/^[\w-]+\.[\w-]+\.[\w-]+$/)
    .describe("Compact JWS (RFC 7515)."),
  jwks_uri: z.url().describe("Where the public key is that verifies it, under the `kid` of its header."),
});

export const keySet = z.strictObject({
  keys: z.array(z.strictObject({ ...publicKey.shape, alg: z.literal(RECEIPT_ALG), use: z.literal("sig") })),
});
