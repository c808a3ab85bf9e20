import { randomUUID } from "node:crypto";
import { parseApiKey } from "#core/domain/api-key.ts";
import { sha256Hex } from "#core/domain/hash.ts";
import { newId } from "#core/domain/ids.ts";
import { encodeSignal } from "#core/domain/message.ts";
import { micros, minimumFee } from "#core/domain/money.ts";
import { submitRun } from "#core/store/runs/submit-run.ts";
import { awsClient } from "../../../backend/drivers/aws-client.ts";
import { createPgDb } from "../../../backend/drivers/pg.ts";
import { createRandom } from "../../../backend/drivers/random.ts";
import { createSqsQueue } from "../../../backend/drivers/sqs.ts";
import type { System } from "../../dev/system.ts";
import { SUBMITTED } from "../../support/submission.ts";
import type { HostileRun } from "./hostile-inputs.ts";
import { awsSettings } from "../../dev/aws-settings.ts";

const LIMIT_MS = 10_000;
const TIMEBOX_SEC = 120;
const RESERVE = micros(2_000_000);

/** Puts runs where an edge would have put them, had it taken their inputs; their ids, in their order. */
export async function submitPastTheEdge(
  { logins, stack }: System,
  api_key: string,
  runs: readonly HostileRun[],
): Promise<readonly string[]> {
  const edge = createPgDb({
    connectionString: logins.edge,
    max: 1,
    statement_timeout_ms: LIMIT_MS,
    connect_timeout_ms: LIMIT_MS,
    application_name: "bench",
  });
  const aws = awsSettings(stack);
  const limits = { request_ms: LIMIT_MS, attempts: 3 };
  const client = awsClient(aws, stack.sqsEndpoint, limits);
  const queue = createSqsQueue({ client, queue_url: stack.queueUrl, visibility_seconds: TIMEBOX_SEC });
  const random = createRandom();
  try {
    const run_ids: string[] = [];
    for (const { pack_type, inputs } of runs) {
      const answer = await submitRun(
        edge.db,
        {
          key_sha256: parseApiKey(api_key)?.sha256 ?? "",
          run_id: newId(Date.now(), random.bytes(16)),
          idempotency_key: randomUUID(),
          payload_sha256: sha256Hex(randomUUID()),
          ...SUBMITTED,
          pack_type,
          inputs: JSON.stringify(inputs),
          reserve: RESERVE,
          minimum_fee: minimumFee(RESERVE, RESERVE),
          timebox_sec: TIMEBOX_SEC,
        },
        { mode: "reserve", deadline_ms: Date.now() + LIMIT_MS },
      );
      if (answer.outcome !== "inserted") throw new Error(answer.outcome);
      run_ids.push(answer.run.run_id);
      await queue.send([encodeSignal({ run_id: answer.run.run_id, traceparent: SUBMITTED.traceparent })]);
    }
    return run_ids;
  } finally {
    await queue.close();
    await edge.close();
  }
}
