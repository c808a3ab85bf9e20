import { z } from "zod";

export const health = z.strictObject({ status: z.literal("healthy"), version: z.string() });

const storeState = z.string().regex(/^(up|down: [a-z-]+)$/);
export const readiness = z.strictObject({
  status: z.enum(["ready", "not-ready"]),
  database: storeState,
  redis: storeState,
  sqs: storeState,
  s3: storeState,
});

export const index = z.strictObject({
  name: z.literal("Decisionproof"),
  links: z.strictObject({ openapi: z.string(), health: z.string(), readyz: z.string(), problems: z.string() }),
});
