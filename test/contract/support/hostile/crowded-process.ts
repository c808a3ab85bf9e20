import { closeSync, openSync } from "node:fs";
import { createProcessPool, POOL_LIMITS } from "../../../../backend/worker/packs/isolation/process-pool.ts";
import type { Asker } from "../../../../backend/worker/packs/isolation/turn.ts";
import { startWorkProcess } from "../../../../backend/worker/packs/isolation/work-process.ts";

/** A process that may open few files; it tells what its pool of one answers when it has none left, and after that. */
const SCRIPT = new URL("work-process.ts", import.meta.url);
const MEMORY = { heap_mb: 64, resident_mb: 300 };
const isolated = createProcessPool("test", () => startWorkProcess<{ deed: "answers" }, unknown>(SCRIPT, MEMORY), {
  ...POOL_LIMITS,
  processes: 1,
});
const asker: Asker = {
  signal: new AbortController().signal,
  turn: { key: "", wait: (something) => something },
};
const ask = () => isolated({ deed: "answers" }, asker);

const files: number[] = [];
try {
  for (;;) files.push(openSync("/dev/null", "r"));
} catch {
  // There are no more.
}
const crowded = await ask().catch((error: unknown) => (error instanceof Error ? error.name : error));
for (const file of files) closeSync(file);
process.stdout.write(JSON.stringify([crowded, await ask()]), () => process.exit(0));
