import type { Stack } from "./stack.ts";

/** The settings with which the drivers reach a stack's SQS and S3. */
export const awsSettings = ({
  region,
  accessKeyId,
  secretAccessKey,
}: Pick<Stack, "region" | "accessKeyId" | "secretAccessKey">) => ({
  AWS_REGION: region,
  AWS_ACCESS_KEY_ID: accessKeyId,
  AWS_SECRET_ACCESS_KEY: secretAccessKey,
});
