import { z } from "zod";
import { publicKey } from "#core/domain/receipt-key.ts";
import { RECEIPT_ALG } from "#core/domain/signed-receipt.ts";

/** A receipt of the run that is the example elsewhere, by the key that is the example below (RFC 8037, A). */
export const RECEIPT = [
  "eyJhbGciOiJFZERTQSIsImtpZCI6IjIwMjYtMTEiLCJ0eXAiOiJkcHAtcmVjZWlwdCtqd3QifQ",
  "eyJjaGFyZ2VkX3VzZCI6IjAuMDEyMCIsImNyZWF0ZWRfYXQiOiIyMDI2LTExLTIxVDA5OjMwOjAwLjAwMFoiLCJmaW5pc2hlZF9hdCI6IjIwMjYtMTEtMjFUMDk6MzA6MDAuMzEwWiIsImlhdCI6MTc5NTI1MzQwMCwiaXNzIjoiaHR0cHM6Ly9hcGkuZXhhbXBsZSIsIm1pbmltdW1fZmVlX3VzZCI6IjAuMDIwMCIsInBhY2tfdHlwZSI6ImRlY2lzaW9uIiwicGFja192ZXJzaW9uIjoiMS4wLjAiLCJwYXlsb2FkX3NoYTI1NiI6IjRhNDRkYzE1MzY0MjA0YTgwZmU4MGU5MDM5NDU1Y2MxNjA4MjgxODIwZmUyYjI0ZjFlNTIzM2FkZTZhZjFkZDUiLCJyZWFzb25fY29kZSI6bnVsbCwicmVzZXJ2ZWRfdXNkIjoiMS4wMDAwIiwicmVzdWx0X2J5dGVzIjoxODM0LCJyZXN1bHRfc2hhMjU2IjoiOWY4NmQwODE4ODRjN2Q2NTlhMmZlYWEwYzU1YWQwMTVhM2JmNGYxYjJiMGI4MjJjZDE1ZDZjMTViMGYwMGEwOCIsInN0YXJ0ZWRfYXQiOiIyMDI2LTExLTIxVDA5OjMwOjAwLjEyMFoiLCJzdGF0dXMiOiJDT01QTEVURUQiLCJzdWIiOiIwMWExZmEzNy0yNGQ1LTc3YTUtYjkyYy1jY2Y2MDEzNzE1NDEiLCJ0ZW5hbnRfaWQiOiIwMWExZmEyZC03N2MwLTdiMWUtOGY1Mi02YzlkMDNlNGExODcifQ",
  "9k3Py3cc7jp7uNnidah9-oy5A6OXBM45I_N7DctI14fBrcN6ckyTFRj8UJxRfLW8Zu6GYEtbg7QRoZh3ZR_cBg",
].join(".");

export const receiptView = z.strictObject({
  receipt: z
    .string()
    .regex(/^[\w-]+\.[\w-]+\.[\w-]+$/)
    .meta({ description: "Compact JWS (RFC 7515): header, claims and signature.", examples: [RECEIPT] }),
  jwks_uri: z.url().meta({
    description: "Where the public key is that verifies it, under the `kid` of its header.",
    examples: ["https://api.example/.well-known/jwks.json"],
  }),
});

const { kty, crv, x, kid } = publicKey.shape;

export const keySet = z.strictObject({
  keys: z
    .array(
      z.strictObject({
        kty: kty.describe("The kind of key (RFC 8037)."),
        crv: crv.describe("Its curve."),
        x: x.meta({
          description: "The public key, in base64url.",
          examples: ["11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"],
        }),
        kid: kid.meta({ description: "Its name, as receipts have it in their header.", examples: ["2026-11"] }),
        alg: z.literal(RECEIPT_ALG).describe("What it signs with."),
        use: z.literal("sig").describe("What it is for: signatures."),
      }),
    )
    .describe("The key that signs now, then those that did."),
});

/** By their names in the document. */
export const SCHEMAS = { Receipt: receiptView, KeySet: keySet };
