import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { TestProject } from "vitest/node";
import { bundleEdge } from "./dev/bundle-edge.ts";
import { startStack } from "./dev/stack.ts";

export interface StackEndpoints {
  readonly databaseUrl: string;
  readonly neonHttp: string;
  readonly redisUrl: string;
  readonly upstashUrl: string;
  readonly upstashToken: string;
  readonly sqsEndpoint: string;
  readonly queueUrl: string;
  readonly dlqUrl: string;
  readonly s3Endpoint: string;
  readonly bucket: string;
  readonly region: string;
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
}

declare module "vitest" {
  interface ProvidedContext {
    stack: StackEndpoints;
    /** The edge, bundled once for all files. */
    edge: string;
  }
}

/** One stack for all files of a project; each file that needs a database of its own clones one. */
export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  const stateDir = mkdtempSync(join(tmpdir(), "decisionproof-test-"));
  const stack = await startStack({ stateDir, env: process.env, fsync: false });
  const { pids: _pids, roundTrips: _roundTrips, createQueues: _createQueues, stop: _stop, ...endpoints } = stack;
  project.provide("stack", endpoints);
  project.provide("edge", await bundleEdge());
  return async () => {
    await stack.stop();
    rmSync(stateDir, { recursive: true, force: true });
  };
}
