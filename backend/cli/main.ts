import { CommanderError } from "commander";
import { Outage } from "#core/domain/outage.ts";
import { createClock } from "../drivers/clock.ts";
import { createPgDb } from "../drivers/pg.ts";
import { createRandom } from "../drivers/random.ts";
import { createRedis } from "../drivers/redis.ts";
import { cliConfig } from "./config.ts";
import { DevStackSilent, Misconfigured, onDevStack, usingDevStack } from "./dev-stack.ts";
import { Refused } from "./operator.ts";
import type { Perform } from "./perform.ts";
import { createProgram } from "./program.ts";

const TIMEOUT_MS = 30_000;
const CONNECT_TIMEOUT_MS = 10_000;
const REDIS_TIMEOUT_MS = 2_000;

const warn = (line: string): void => console.error(line);

const perform: Perform = async (options, operation) => {
  const { config, dev } = cliConfig(process.env);
  if (dev !== undefined) warn(usingDevStack(dev));
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
      : createRedis({ url: config.REDIS_URL, command_timeout_ms: REDIS_TIMEOUT_MS });
  try {
    const operator = {
      db: pg.db,
      redis: shield?.redis,
      sync_grace_seconds: config.DPP_SYNC_GRACE_SECONDS,
      clock: createClock(),
      random: createRandom(),
      warn,
    };
    const { text, json } = await (dev === undefined ? operation(operator) : onDevStack(dev, () => operation(operator)));
    console.log(options.json === true ? JSON.stringify(json, undefined, 2) : text);
  } finally {
    shield?.close();
    await pg.close();
  }
};

/** Says what went wrong; commander has said its part itself. */
function exitCodeOf(error: unknown): number {
  if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : 2;
  if (error instanceof Misconfigured) {
    warn(`error: ${error.message}`);
    return 2;
  }
  if (error instanceof Outage && error.cause instanceof Error) warn(`error: ${error.message}: ${error.cause.message}`);
  else if (error instanceof Refused || error instanceof Outage || error instanceof DevStackSilent)
    warn(`error: ${error.message}`);
  else warn(error instanceof Error ? `unexpected error: ${error.stack ?? error.message}` : String(error));
  return 1;
}

try {
  await createProgram(perform).parseAsync();
} catch (error) {
  process.exitCode = exitCodeOf(error);
}
