import { availableParallelism } from "node:os";
import { fileURLToPath } from "node:url";
import { defineConfig } from "vitest/config";

const root = fileURLToPath(new URL("..", import.meta.url));

const project = (name: string, include: string[], options: { stack: boolean }) => ({
  extends: true as const,
  test: { name, include, ...(options.stack ? { globalSetup: ["test/global-setup.ts"] } : {}) },
});

export default defineConfig({
  root,
  test: {
    testTimeout: 30_000,
    hookTimeout: 60_000,
    retry: 0,
    // Files mostly wait for stores and processes: one more than the cores would suggest.
    maxWorkers: Math.max(2, availableParallelism()),
    // Node itself loads the code under test, text imports and all, exactly as it does when the product runs.
    experimental: { viteModuleRunner: false, nodeLoader: false },
    execArgv: ["--import", fileURLToPath(new URL("../backend/text-loader.ts", import.meta.url))],
    projects: [
      project("unit", ["test/unit/**/*.test.ts", "test/tidy/**/*.test.ts"], { stack: false }),
      project("contract", ["test/contract/**/*.test.ts"], { stack: true }),
      project("api", ["test/api/**/*.test.ts"], { stack: true }),
      // It starts servers of its own: its database runs on the simulated world's time.
      project("sim", ["test/sim/**/*.test.ts"], { stack: false }),
      project("e2e", ["test/e2e/**/*.test.ts"], { stack: true }),
    ],
  },
});
