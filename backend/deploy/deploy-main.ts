import { execFileSync } from "node:child_process";
import { deploy, keptProgress, parseWish, runCommand, USAGE, type Wish } from "./deploy.ts";

function progressOf({ environment, rollback }: Wish) {
  const commit = execFileSync("git", ["rev-parse", "HEAD"], { encoding: "utf8" }).trim();
  const file = `.dev/deploy-${environment}`;
  const kept = keptProgress(file, commit);
  if (!rollback) return kept;
  // A rollback reverts what a deployment did, and keeps no progress of its own.
  kept.clear();
  return { read: () => [], write: () => undefined, clear: () => undefined };
}

async function main(): Promise<number> {
  let wish: ReturnType<typeof parseWish>;
  try {
    wish = parseWish(process.argv.slice(2));
  } catch (error) {
    process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n${USAGE}\n`);
    return 2;
  }
  if (wish === "help") {
    process.stdout.write(`${USAGE}\n`);
    return 0;
  }
  const print = (line: string) => void process.stdout.write(`${line}\n`);
  return (await deploy(wish, { run: runCommand, print, done: progressOf(wish) })) ? 0 : 1;
}

process.exitCode = await main();
