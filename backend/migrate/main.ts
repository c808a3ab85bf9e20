import { parseArgs } from "node:util";
import { z } from "zod";
import { plaintextFaults } from "#core/domain/transport.ts";
import { CheckImpossible, checkDrift } from "./check.ts";
import { migrate } from "./migrate.ts";

const USAGE = "usage: DATABASE_URL=postgres://... npm run migrate [-- --check | --help]";
const HELP = `${USAGE}

Applies every pending file of migrations/, then migrations/functions where it, or the database, has changed since.
All of it in one transaction. DATABASE_URL is the owner's; beyond this machine it must have sslmode=verify-full, unless
DPP_ALLOW_PLAINTEXT is true: a private network.

  --check  change nothing: print how the database differs from what the migrations make;
           without DATABASE_URL this checks the development stack of .dev/stack.json
           (DPP_DEV_DIR: another directory)
  --help   this

Exit codes: 0 done, or nothing differs; 1 failed, or something differs; 2 bad arguments.`;
const databaseUrl = z.url({ protocol: /^postgres(ql)?$/ });
const NO_URL = "DATABASE_URL must be the postgres:// URL of the database's owner";

class InvalidDatabaseUrl extends Error {}

function fail(message: string, exitCode: number): void {
  console.error(message);
  process.exitCode = exitCode;
}

function namedUrl(): string {
  const url = databaseUrl.safeParse(process.env["DATABASE_URL"]);
  if (!url.success) throw new InvalidDatabaseUrl(NO_URL);
  const [fault] = plaintextFaults({ DATABASE_URL: url.data });
  if (fault !== undefined && process.env["DPP_ALLOW_PLAINTEXT"] !== "true")
    throw new InvalidDatabaseUrl(fault.join(" "));
  return url.data;
}

async function check(): Promise<void> {
  const differences = await checkDrift(namedUrl());
  if (differences.length === 0) console.log("the database is what the migrations make");
  else fail(["the database differs from the migrations", ...differences].join("\n"), 1);
}

async function apply(): Promise<void> {
  const applied = await migrate(namedUrl(), { log: (line) => console.log(line) });
  if (applied.length === 0) console.log("up to date");
}

function options(): { readonly check: boolean; readonly help: boolean } {
  const flag = { type: "boolean", default: false } as const;
  return parseArgs({ options: { check: flag, help: { ...flag, short: "h" } } }).values;
}

async function main(): Promise<void> {
  let wanted: ReturnType<typeof options>;
  try {
    wanted = options();
  } catch (error) {
    return fail(`${error instanceof Error ? error.message : String(error)}\n${USAGE}`, 2);
  }
  if (wanted.help) return console.log(HELP);
  try {
    await (wanted.check ? check() : apply());
  } catch (error) {
    if (error instanceof InvalidDatabaseUrl) return fail(`${error.message}\n${USAGE}`, 2);
    if (error instanceof CheckImpossible) return fail(error.message, 1);
    fail(
      error instanceof Error ? `${wanted.check ? "check" : "migration"} failed: ${error.message}` : String(error),
      1,
    );
  }
}

await main();
