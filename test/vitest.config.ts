import { configOf, project } from "./vitest-projects.ts";

/** `npm test`. */
export default configOf([
  project("unit", ["test/unit/**/*.test.ts", "test/conventions/**/*.test.ts"], { stack: false, isolate: false }),
  project("contract", ["test/contract/**/*.test.ts"], { stack: true, isolate: false }),
  project("api", ["test/api/**/*.test.ts"], { stack: true, isolate: false, runner: "test/api/world-runner.ts" }),
]);
