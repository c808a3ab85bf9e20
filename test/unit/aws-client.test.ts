import { expect, test } from "vitest";
import { awsClient } from "../../backend/drivers/aws-client.ts";

const KEYS = { AWS_REGION: "r", AWS_ACCESS_KEY_ID: "id", AWS_SECRET_ACCESS_KEY: "secret" };
const LIMITS = { request_ms: 1_000, attempts: 1 };

test("temporary credentials keep their session token", () => {
  expect(awsClient({ ...KEYS, AWS_SESSION_TOKEN: "token" }, undefined, LIMITS).credentials).toEqual({
    accessKeyId: "id",
    secretAccessKey: "secret",
    sessionToken: "token",
  });
  expect(awsClient(KEYS, undefined, LIMITS).credentials).not.toHaveProperty("sessionToken");
});

test("without keys in the environment the SDK finds credentials by itself", () => {
  expect(awsClient({ AWS_REGION: "r" }, undefined, LIMITS)).not.toHaveProperty("credentials");
});
