import { resolve } from "node:path";
import { pathToFileURL } from "node:url";
import { DevStackUnusable, devStackEnvironment, devStackFile, expectDatabase } from "./dev-stack.ts";

/**
 * Runs a program (its path, then its arguments) with the settings of the development stack. If DATABASE_URL is set none of
 * them is used, and otherwise all of them, so that two systems are never mixed; only DPP_JWKS is kept where it is set.
 */
const [, , program = ""] = process.argv;
const isMigrate = program.includes("/migrate/");
// npm keeps a flag that comes without `--` before it for itself: a check must not become a migration.
if (isMigrate && process.env["npm_config_check"] === "true") process.argv.push("--check");
/** Help and receipts work without a stack that runs. */
const NEEDS_DATABASE = !process.argv.some((arg) => ["--help", "-h", "help", "receipt"].includes(arg));
/** Migrations are never applied to the development stack unasked. */
const mayUse = !isMigrate || process.argv.includes("--check");

async function useDevStack(): Promise<void> {
  const file = devStackFile(process.env);
  let found: ReturnType<typeof devStackEnvironment>;
  try {
    found = devStackEnvironment(process.env);
  } catch (error) {
    if (NEEDS_DATABASE) throw error;
    return;
  }
  if (found === undefined) {
    process.on("exit", (code) => {
      if (code === 2) console.error(`There is no ${file}: set DATABASE_URL, or start \`npm run dev\`.`);
    });
    return;
  }
  const { DPP_JWKS: own_jwks } = process.env;
  for (const [name, value] of Object.entries({ ...found, DPP_JWKS: own_jwks ?? found["DPP_JWKS"] })) {
    if (value === undefined) delete process.env[name];
    else process.env[name] = value;
  }
  if (!NEEDS_DATABASE) return;
  await expectDatabase(found["DATABASE_URL"] ?? "", file);
  console.error(`DATABASE_URL is not set: using the development stack of ${file}`);
}

try {
  if (process.env["DATABASE_URL"] === undefined && mayUse) await useDevStack();
  process.argv.splice(1, 2, resolve(program));
  await import(pathToFileURL(resolve(program)).href);
} catch (error) {
  if (!(error instanceof DevStackUnusable)) throw error;
  console.error(`error: ${error.message}`);
  process.exitCode = 1;
}
