import { userInfo } from "node:os";
import { VERSION } from "#core/domain/version.ts";
import { type Command, CommanderError } from "commander";
import { Outage } from "#core/domain/outage.ts";
import { escapeUnprintable } from "#core/domain/printable.ts";
import { awsClient } from "../drivers/aws-client.ts";
import { createClock } from "../drivers/clock.ts";
import { createPgDb } from "../drivers/pg.ts";
import { createRandom } from "../drivers/random.ts";
import { createRedis } from "../drivers/redis.ts";
import { stopSignal } from "../drivers/stop-signal.ts";
import type { OperatorAction } from "#core/store/operators/record-action.ts";
import { argumentFaults } from "./argument-faults.ts";
import { complaint } from "./complaint.ts";
import { type CliConfig, cliConfig, type Environment, Misconfigured, needed } from "./config.ts";
import { type Operator, Refused, type Report, type StoresOperator } from "./operator.ts";
import { reportDoctor } from "./operations/report-doctor.ts";
import { isChange, type Perform, type Print, type UiOptions } from "./perform.ts";
import { printedReport } from "./print-report.ts";
import { createProgram } from "./program.ts";
import { actionOf, recorded } from "./record.ts";
import { performer } from "./ui/answers.ts";
import { readFigures } from "./ui/figures.ts";
import { serveUi } from "./ui/server.ts";
import { oneSession } from "./ui/session.ts";

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
  /** Ends what goes on until it is stopped; by default the process's own signals. */
  readonly stop?: AbortSignal;
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

/** What one command line is about to change; undefined where it only reads. */
interface Line {
  action: ((operator: string) => OperatorAction) | undefined;
}

const operatorOf = ({ DPP_OPERATOR }: CliConfig): string => DPP_OPERATOR ?? userInfo().username;

/** Runs operations on the stores that the environment names. */
const performOn =
  (env: Environment, warn: (line: string) => void, print: Print, line: Line): Perform =>
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
    const operatorOn = (stores: Pick<Operator, "db" | "redis">): StoresOperator => ({
      ...stores,
      objects: aws.objects,
      deadLetters: aws.deadLetters,
      sync_grace_seconds: config.DPP_SYNC_GRACE_SECONDS,
      clock: createClock(),
      random: createRandom(),
      warn,
    });
    try {
      if (options.dryRun === true) {
        print(options, dry(await pg.rolledBack((db) => operation(operatorOn({ db, redis: undefined })))));
        return;
      }
      const operator = operatorOn({ db: pg.db, redis: shield?.redis });
      const action = line.action?.(operatorOf(config));
      print(
        options,
        await (action === undefined ? operation(operator) : recorded(operator, action, () => operation(operator))),
      );
    } finally {
      aws.close();
      shield?.close();
      await pg.close();
    }
  };

const dry = (report: Report): Report => ({
  ...report,
  text: `dry run, nothing was changed:\n${report.text}`,
  json: { dry_run: true, answer: report.json },
});

interface CliError {
  readonly kind: "arguments" | "environment" | "refused" | "outage" | "unexpected";
  readonly message: string;
  /** Of the process. */
  readonly code: 1 | 2;
}

function errorOf(error: unknown): CliError {
  if (error instanceof CommanderError)
    return {
      kind: "arguments",
      message: complaint(error.message)
        .replace(/^error: /, "")
        .trimEnd(),
      code: 2,
    };
  if (error instanceof Misconfigured) return { kind: "environment", message: error.message, code: 2 };
  if (error instanceof Refused) return { kind: "refused", message: error.message, code: 1 };
  if (error instanceof Outage) {
    const why = error.cause instanceof Error ? `: ${error.cause.message}` : "";
    return { kind: "outage", message: `${error.message}${why}`, code: 1 };
  }
  return {
    kind: "unexpected",
    message: error instanceof Error ? (error.stack ?? error.message) : String(error),
    code: 1,
  };
}

/** The operators' console, whose every operation is a command line of this program. */
async function runUi(terminal: Terminal, print: Print, options: UiOptions): Promise<void> {
  const { env } = terminal;
  const config = cliConfig(env);
  const assets = await operatorsPage();
  const log = (line: string) => terminal.err(`${escapeUnprintable(line)}\n`);
  const runLine = async (args: readonly string[]) => {
    let [out, err] = ["", ""];
    const code = await runCli(args, { env, out: (text) => (out += text), err: (text) => (err += text) });
    return { code, out, err };
  };
  const sessions = oneSession(Date.now);
  const addresses = options.metrics ?? config.DPP_METRICS_URLS;
  const services = {
    sessions,
    perform: performer(runLine, log),
    figures: () => readFigures(addresses),
    about: { operator: operatorOf(config), version: VERSION },
    assets,
    log,
  };
  const served = await listen((port) => serveUi(services, port), options.port);
  const address = `${served.origin}/#${sessions.token}`;
  print(options, {
    text: `The operators' console, for ${services.about.operator}; this address opens it once:\n\n  ${address}\n\nCtrl-C ends it.`,
    json: { address },
  });
  const stop = terminal.stop ?? stopSignal();
  if (!stop.aborted) await new Promise((resolve) => stop.addEventListener("abort", resolve, { once: true }));
  sessions.end();
  await served.close();
}

/** Bundled when it is asked for, by what only a clone with its development packages has. */
async function operatorsPage(): Promise<ReadonlyMap<string, Buffer>> {
  try {
    const { bundleOperators } = await import("../assets/gather.ts");
    return new Map((await bundleOperators()).map(({ name, bytes }) => [name, bytes]));
  } catch (error) {
    if (!(error instanceof Error && "code" in error && error.code === "ERR_MODULE_NOT_FOUND")) throw error;
    throw new Refused("this command needs the development packages: run it in a clone of the project after `npm ci`");
  }
}

/**
 * At the port that was asked for, or at a free one. A usual one could be served by another user of this machine before:
 * what a browser cached of that, or a service worker of it, would get the token.
 */
async function listen<T>(serve: (port: number) => Promise<T>, port = 0): Promise<T> {
  try {
    return await serve(port);
  } catch (error) {
    if (!(error instanceof Error && "code" in error && error.code === "EADDRINUSE")) throw error;
    throw new Refused(`port ${port} is taken: give another with --port`);
  }
}

/** Runs one command line, `args` without the program's name, and returns its exit code. */
export async function runCli(args: readonly string[], terminal: Terminal): Promise<number> {
  const { env, out, err } = terminal;
  const warn = (line: string): void => err(`${escapeUnprintable(line)}\n`);
  let code = 0;
  const print: Print = (options, report) => {
    out(`${printedReport(options, report)}\n`);
    code = report.exit_code ?? 0;
  };
  const fail = ({ kind, message, code: of }: CliError): number => {
    if (args.includes("--json")) print({ json: true }, { text: "", json: { error: { kind, message } } });
    else warn(`${kind === "unexpected" ? "unexpected error" : "error"}: ${message}`);
    return of;
  };
  const doctor = async () => {
    const config = cliConfig(env);
    const { runDoctor } = await import("../doctor/run.ts");
    return reportDoctor(await runDoctor(config));
  };
  const line: Line = { action: undefined };
  const ui = (options: UiOptions) => runUi(terminal, print, options);
  const shell = { perform: performOn(env, warn, print, line), print, env, doctor, ui };
  const build = (): Command => createProgram(shell, { writeOut: out, writeErr: err });
  const faults = argumentFaults(build, args);
  if (faults.length > 1) {
    const message = faults
      .map((fault) =>
        complaint(fault)
          .replace(/^error: /, "")
          .trimEnd(),
      )
      .join("\nerror: ");
    return fail({ kind: "arguments", message, code: 2 });
  }
  const program = build();
  // Printed below, in the form that was asked for.
  if (args.includes("--json")) silence(program);
  program.hook("preAction", (_, command) => {
    if (isChange(command)) line.action = (operator) => actionOf(command, operator);
  });
  try {
    await program.parseAsync(args, { from: "user" });
    return code;
  } catch (error) {
    if (!(error instanceof CommanderError)) return fail(errorOf(error));
    if (error.exitCode === 0) return 0;
    return args.includes("--json") ? fail(errorOf(error)) : 2;
  }
}

function silence(command: Command): void {
  command.configureOutput({ outputError: () => undefined });
  for (const each of command.commands) silence(each);
}
