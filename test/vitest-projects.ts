import { availableParallelism } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { defineConfig, type ViteUserConfig } from "vitest/config";

const root = fileURLToPath(new URL("..", import.meta.url));

/** `isolate: false`: files follow each other in one process, which has loaded what they import once. */
export const project = (
  name: string,
  include: string[],
  options: { stack: boolean; isolate: boolean; runner?: string },
) => ({
  extends: true as const,
  test: {
    name,
    include,
    isolate: options.isolate,
    ...(options.runner === undefined ? {} : { runner: options.runner }),
    ...(options.stack ? { globalSetup: ["test/global-setup.ts"] } : {}),
  },
});

export const configOf = (projects: ReturnType<typeof project>[]): ViteUserConfig =>
  defineConfig({
    root,
    test: {
      // No test is about how fast it is: only one that hangs may end by these, on a crowded machine too.
      testTimeout: 300_000,
      hookTimeout: 300_000,
      teardownTimeout: 300_000,
      expect: { poll: { timeout: 240_000 } },
      retry: 0,
      setupFiles: ["test/real-clock.ts"],
      // Files mostly wait for stores and processes: one more than the cores would suggest.
      maxWorkers: availableParallelism() + 1,
      // Processes that follow each other, those that tests start too, compile what they load once.
      env: { NODE_COMPILE_CACHE: join(root, "node_modules/.cache/compiled") },
      // Node itself loads the code under test, text imports and all, exactly as it does when the product runs.
      experimental: { viteModuleRunner: false, nodeLoader: false },
      execArgv: ["--import", fileURLToPath(new URL("../backend/text-loader.ts", import.meta.url))],
      projects,
    },
  });
