import { CommanderError } from "commander";
import { Outage } from "#core/domain/outage.ts";
import { escapeUnprintable } from "#core/domain/printable.ts";
import { awsClient } from "../drivers/aws-client.ts";
import { createClock } from "../drivers/clock.ts";
import { createPgDb } from "../drivers/pg.ts";
import { createRandom } from "../drivers/random.ts";
import { createRedis } from "../drivers/redis.ts";
import { type CliConfig, cliConfig, type Environment, Misconfigured, needed } from "./config.ts";
import { Refused } from "./operator.ts";
import { reportDoctor } from "./operations/report-doctor.ts";
import type { Perform, Print } from "./perform.ts";
import { printedReport } from "./print-report.ts";
import { createProgram } from "./program.ts";

const TIMEOUT_MS = 30_000;
const CONNECT_TIMEOUT_MS = 10_000;
const REDIS_TIMEOUT_MS = 2_000;
const AWS = { request_ms: 15_000, attempts: 3 };

/** Where a command reads its settings and writes its answer. */
export interface Terminal {
  readonly env: Environment;
  /** Takes whole lines, ready for the screen. */
  readonly out: (text: string) => void;
  readonly err: (text: string) => void;
}

/** Loaded by the few commands that use them: the AWS SDK takes longer to load than most commands to run. */
function awsStores(config: CliConfig) {
  const open: { close(): void }[] = [];
  const kept = <T extends { close(): void }>(store: T): T => {
    open.push(store);
    return store;
  };
  const client = (endpoint: string | undefined) =>
    awsClient({ ...config, ...needed(config, ["AWS_REGION"]) }, endpoint, AWS);
  return {
    objects: async () => {
      const { S3_BUCKET: bucket } = needed(config, ["AWS_REGION", "S3_BUCKET"]);
      const { createS3Objects } = await import("../drivers/s3.ts");
      return kept(createS3Objects({ client: client(config.S3_ENDPOINT), bucket }));
    },
    deadLetters: async () => {
      const names = ["AWS_REGION", "SQS_QUEUE_URL", "SQS_DLQ_URL"] as const;
      const { SQS_QUEUE_URL: queue_url, SQS_DLQ_URL: dlq_url } = needed(config, names);
      const { createSqsDeadLetters } = await import("../drivers/sqs-dead-letters.ts");
      return kept(createSqsDeadLetters({ client: client(config.SQS_ENDPOINT), queue_url, dlq_url }));
    },
    close: () => open.forEach((store) => store.close()),
  };
}

/** Runs operations on the stores that the environment names. */
const performOn =
  (env: Environment, warn: (line: string) => void, print: Print): Perform =>
  async (options, operation) => {
    const config = cliConfig(env);
    const pg = createPgDb({
      connectionString: config.DATABASE_URL,
      max: 1,
      statement_timeout_ms: TIMEOUT_MS,
      connect_timeout_ms: CONNECT_TIMEOUT_MS,
      application_name: "dpp-cli",
    });
    const shield =
      config.REDIS_URL === undefined
        ? undefined
        : createRedis({ url: config.REDIS_URL, cluster: config.REDIS_CLUSTER, command_timeout_ms: REDIS_TIMEOUT_MS });
    const aws = awsStores(config);
    try {
      const operator = {
        db: pg.db,
        objects: aws.objects,
        deadLetters: aws.deadLetters,
        redis: shield?.redis,
        sync_grace_seconds: config.DPP_SYNC_GRACE_SECONDS,
        clock: createClock(),
        random: createRandom(),
        warn,
      };
      print(options, await operation(operator));
    } finally {
      aws.close();
      shield?.close();
      await pg.close();
    }
  };

/** Prints an error, unless commander has printed it. */
function exitCodeOf(error: unknown, warn: (line: string) => void): number {
  if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : 2;
  if (error instanceof Misconfigured) {
    warn(`error: ${error.message}`);
    return 2;
  }
  if (error instanceof Outage && error.cause instanceof Error) warn(`error: ${error.message}: ${error.cause.message}`);
  else if (error instanceof Refused || error instanceof Outage) warn(`error: ${error.message}`);
  else warn(error instanceof Error ? `unexpected error: ${error.stack ?? error.message}` : String(error));
  return 1;
}

/** Runs one command line, `args` without the program's name, and returns its exit code. */
export async function runCli(args: readonly string[], { env, out, err }: Terminal): Promise<number> {
  const warn = (line: string): void => err(`${escapeUnprintable(line)}\n`);
  let code = 0;
  const print: Print = (options, report) => {
    out(`${printedReport(options, report)}\n`);
    code = report.exit_code ?? 0;
  };
  const doctor = async () => {
    const config = cliConfig(env);
    const { runDoctor } = await import("../doctor/run.ts");
    return reportDoctor(await runDoctor(config));
  };
  const program = createProgram(
    { perform: performOn(env, warn, print), print, env, doctor },
    { writeOut: out, writeErr: err },
  );
  try {
    await program.parseAsync(args, { from: "user" });
    return code;
  } catch (error) {
    return exitCodeOf(error, warn);
  }
}
