import { expect, test } from "vitest";
import { createConsoleLog } from "../../../edge/drivers/console.ts";

function written() {
  const lines: [string, unknown][] = [];
  const write = (level: string) => (line: unknown) => void lines.push([level, line]);
  return { lines, write: { info: write("info"), warn: write("warn"), error: write("error") } };
}

test("a line is an object whose fields can be indexed, printed by the method of its level", () => {
  const { lines, write } = written();
  const log = createConsoleLog(write, "object").child({ trace_id: "t" });
  log.warn("a store is down", { store: "redis", error: new TypeError("no\u202eway") });
  expect(lines).toEqual([
    [
      "warn",
      expect.objectContaining({
        level: "warn",
        message: "a store is down",
        trace_id: "t",
        store: "redis",
        error: expect.objectContaining({ name: "TypeError", message: String.raw`no\u202eway` }),
      }),
    ],
  ]);
});

test("where nothing indexes objects a line is JSON", () => {
  const { lines, write } = written();
  createConsoleLog(write, "json").error("request failed", { status: 500 });
  expect(lines.map(([level, line]) => [level, JSON.parse(String(line))])).toEqual([
    ["error", expect.objectContaining({ message: "request failed", status: 500 })],
  ]);
});

test("a line has what is so at its moment, such as the trace of its request", () => {
  const { lines, write } = written();
  let trace_id = "first";
  const log = createConsoleLog(write, "object", () => ({ trace_id })).child({ run_id: "r" });
  log.info("a");
  trace_id = "second";
  log.info("b", { trace_id: "its own" });
  log.info("c");
  expect(lines.map(([, line]) => line)).toMatchObject([
    { message: "a", trace_id: "first", run_id: "r" },
    { message: "b", trace_id: "its own" },
    { message: "c", trace_id: "second" },
  ]);
});
