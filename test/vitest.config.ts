import { availableParallelism } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { defineConfig } from "vitest/config";
import { BaseSequencer, type TestSpecification } from "vitest/node";

const root = fileURLToPath(new URL("..", import.meta.url));

/** Projects of a few long files: begun last, one would keep one worker busy while the others have nothing left to do. */
const LONG = new Set(["sim", "e2e"]);

class LongestFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    // oxlint-disable-next-line unicorn/no-array-sort -- the sequencer's own, which is no array's
    const usual = await super.sort(files);
    const isLong = (file: TestSpecification) => Number(LONG.has(file.project.name));
    return usual.toSorted((a, b) => isLong(b) - isLong(a));
  }
}

/** `isolate: false`: files follow each other in one process, which has loaded what they import once. */
const project = (name: string, include: string[], options: { stack: boolean; isolate: boolean; runner?: string }) => ({
  extends: true as const,
  test: {
    name,
    include,
    isolate: options.isolate,
    ...(options.runner === undefined ? {} : { runner: options.runner }),
    ...(options.stack ? { globalSetup: ["test/global-setup.ts"] } : {}),
  },
});

export default defineConfig({
  root,
  test: {
    // No test is about how fast it is: only one that hangs may end by these, on a crowded machine too.
    testTimeout: 300_000,
    hookTimeout: 300_000,
    teardownTimeout: 300_000,
    expect: { poll: { timeout: 240_000 } },
    retry: 0,
    sequence: { sequencer: LongestFirst },
    setupFiles: ["test/real-clock.ts"],
    // Files mostly wait for stores and processes: one more than the cores would suggest.
    maxWorkers: availableParallelism() + 1,
    // Processes that follow each other, those that tests start too, compile what they load once.
    env: { NODE_COMPILE_CACHE: join(root, "node_modules/.cache/compiled") },
    // Node itself loads the code under test, text imports and all, exactly as it does when the product runs.
    experimental: { viteModuleRunner: false, nodeLoader: false },
    execArgv: ["--import", fileURLToPath(new URL("../backend/text-loader.ts", import.meta.url))],
    projects: [
      project("unit", ["test/unit/**/*.test.ts", "test/conventions/**/*.test.ts"], { stack: false, isolate: false }),
      project("contract", ["test/contract/**/*.test.ts"], { stack: true, isolate: false }),
      project("api", ["test/api/**/*.test.ts"], { stack: true, isolate: false, runner: "test/api/world-runner.ts" }),
      // These start servers of their own: the simulation's database runs on its world's time, e2e kills its stores.
      project("sim", ["test/tools/sim/**/*.test.ts"], { stack: false, isolate: true }),
      project("e2e", ["test/e2e/**/*.test.ts"], { stack: false, isolate: true }),
    ],
  },
});
