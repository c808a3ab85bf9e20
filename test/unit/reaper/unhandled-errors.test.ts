import { spawnSync } from "node:child_process";
import { expect, test } from "vitest";

const PROCESS = (error: string) => `
  import { createLog } from "./backend/drivers/log.ts";
  import { endOnUnhandledError } from "./backend/drivers/unhandled-errors.ts";
  endOnUnhandledError(createLog({ level: "info", service: "reaper" }), () => process.exit(1));
  setInterval(() => undefined, 1_000);
  ${error};
`;

test.each([
  ["a promise", 'void Promise.reject(new TypeError("forgotten"))'],
  ["a callback", 'setImmediate(() => { throw new TypeError("forgotten"); })'],
])("an error that nobody handled, of %s, is a log line and ends the process", (_, error) => {
  const command = ["--import", "./backend/text-loader.ts", "--input-type=module", "--eval", PROCESS(error)];
  const { status, stdout, stderr } = spawnSync(process.execPath, command, { encoding: "utf8" });
  expect(stderr).toBe("");
  expect(status).toBe(1);
  expect(JSON.parse(stdout)).toMatchObject({
    level: "error",
    service: "reaper",
    message: "unhandled error; the process ends",
    error: { name: "TypeError", message: "forgotten" },
  });
});
