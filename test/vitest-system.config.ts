import { configOf, project } from "./vitest-projects.ts";

/** `npm run test:system`: these start servers of their own. The simulation's database runs on its world's time, e2e kills its stores. */
export default configOf([
  project("sim", ["test/tools/sim/**/*.test.ts"], { stack: false, isolate: true }),
  project("e2e", ["test/e2e/**/*.test.ts"], { stack: false, isolate: true }),
]);
