import { describe, expect, test } from "vitest";
import { reaperConfig, workerConfig } from "../../backend/config.ts";

const valid = {
  DATABASE_URL: "postgresql://u:secret@h/db?sslmode=verify-full",
  REDIS_URL: "rediss://h:1",
  AWS_REGION: "r",
  SQS_QUEUE_URL: "https://h/q",
  S3_BUCKET: "bucket",
};

describe("the environment", () => {
  test("has the defaults of the protocol", () => {
    expect(workerConfig(valid)).toMatchObject({
      DPP_LEASE_SECONDS: 120,
      DPP_HEARTBEAT_SECONDS: 30,
      DPP_MAX_ATTEMPTS: 3,
      DPP_WORKER_CONCURRENCY: 32,
      DPP_PLATFORM_FAILURE_FEE: "none",
    });
    expect(reaperConfig(valid)).toMatchObject({
      DPP_CLAIMED_SECONDS: 120,
      DPP_SWEEP_SECONDS: 15,
      DPP_SIGNAL_SECONDS: 60,
      DPP_SYNC_GRACE_SECONDS: 90,
      DPP_AUDIT_SECONDS: 300,
      DPP_PLATFORM_FAILURE_FEE: "none",
    });
    expect(reaperConfig(valid).SQS_DLQ_URL).toBeUndefined();
  });

  test("tells every fault at once, by name, and no value", () => {
    const broken = { ...valid, DATABASE_URL: "secret-not-a-url", DPP_MAX_ATTEMPTS: "0", S3_BUCKET: undefined };
    expect(() => workerConfig(broken)).toThrow(/DATABASE_URL[\s\S]*S3_BUCKET[\s\S]*DPP_MAX_ATTEMPTS/);
    expect(() => workerConfig(broken)).not.toThrow(/secret/);
  });

  test.each([
    { DPP_HEARTBEAT_SECONDS: "120" },
    { DPP_LEASE_SECONDS: "-1" },
    { DPP_LEASE_SECONDS: "soon" },
    { DPP_WORKER_CONCURRENCY: "1.5" },
    { DPP_PLATFORM_FAILURE_FEE: "half" },
    { DPP_MODEL_URL: "https://model.example/v1" },
    { DPP_MODEL_URL: "ftp://model.example/v1", DPP_MODEL_NAME: "m" },
    { DPP_FETCH_ALLOW_HOSTS: "127.0.0.1:*" },
    { DPP_FETCH_ALLOW_HOSTS: "http://127.0.0.1:80" },
  ])("%j is refused", (over) => {
    expect(() => workerConfig({ ...valid, ...over })).toThrow("Invalid environment");
  });

  test("refuses stores beyond this machine that are reached without TLS, unless that is allowed", () => {
    const plain = { ...valid, DATABASE_URL: "postgres://u@h/d", REDIS_URL: "redis://h", S3_ENDPOINT: "http://h" };
    for (const read of [workerConfig, reaperConfig]) {
      expect(() => read(plain)).toThrow(/DATABASE_URL: needs sslmode=verify-full[\s\S]*REDIS_URL[\s\S]*S3_ENDPOINT/);
      expect(read({ ...plain, DPP_ALLOW_PLAINTEXT: "true" }).REDIS_URL).toBe("redis://h");
    }
  });

  test("refuses a model beyond this machine that is asked without TLS, unless that is allowed", () => {
    const plain = { ...valid, DPP_MODEL_URL: "http://model.example/v1", DPP_MODEL_NAME: "m" };
    expect(() => workerConfig(plain)).toThrow(/DPP_MODEL_URL: needs TLS/);
    expect(workerConfig({ ...plain, DPP_ALLOW_PLAINTEXT: "true" }).DPP_MODEL_URL).toBe(plain.DPP_MODEL_URL);
    expect(workerConfig({ ...plain, DPP_MODEL_URL: "http://127.0.0.1:11434/v1" }).DPP_MODEL_NAME).toBe("m");
  });

  test("lets webhooks through to hosts that are listed, at one port or at any", () => {
    expect(reaperConfig(valid).DPP_WEBHOOK_ALLOW_HOSTS).toEqual([]);
    const listed = { ...valid, DPP_WEBHOOK_ALLOW_HOSTS: "127.0.0.1:*,hook:8080" };
    expect(reaperConfig(listed).DPP_WEBHOOK_ALLOW_HOSTS).toEqual(["127.0.0.1:*", "hook:8080"]);
    expect(() => reaperConfig({ ...valid, DPP_WEBHOOK_ALLOW_HOSTS: "127.0.0.1" })).toThrow("a port may be *");
  });
});
