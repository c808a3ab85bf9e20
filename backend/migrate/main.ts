import { parseArgs } from "node:util";
import { z } from "zod";
import { CheckImpossible, checkDrift } from "./check.ts";
import { migrate } from "./migrate.ts";

const USAGE = "usage: DATABASE_URL=postgres://... npm run migrate [-- --check]";
const databaseUrl = z.url({ protocol: /^postgres(ql)?$/ });

function fail(message: string, exitCode: number): void {
  console.error(message);
  process.exitCode = exitCode;
}

async function check(url: string): Promise<void> {
  const differences = await checkDrift(url);
  if (differences.length === 0) console.log("the database is what the migrations make");
  else fail(["the database differs from the migrations", ...differences].join("\n"), 1);
}

async function main(): Promise<void> {
  let wantsCheck: boolean;
  try {
    wantsCheck = parseArgs({ options: { check: { type: "boolean", default: false } } }).values.check;
  } catch (error) {
    return fail(`${error instanceof Error ? error.message : String(error)}\n${USAGE}`, 2);
  }
  const url = databaseUrl.safeParse(process.env["DATABASE_URL"]);
  if (!url.success) return fail(`DATABASE_URL must be the postgres:// URL of the database's owner\n${USAGE}`, 2);
  try {
    if (wantsCheck) return await check(url.data);
    const applied = await migrate(url.data, { log: (line) => console.log(line), warn: (text) => console.error(text) });
    if (applied.length === 0) console.log("up to date");
  } catch (error) {
    if (error instanceof CheckImpossible) return fail(error.message, 1);
    fail(error instanceof Error ? `migration failed: ${error.message}` : String(error), 1);
  }
}

await main();
