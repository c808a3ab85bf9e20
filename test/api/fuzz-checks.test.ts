import { describe, expect, test } from "vitest";
import { operations } from "./document.ts";
import { checkExchange } from "./fuzz/check-exchange.ts";

const output = operations.find(({ operationId }) => operationId === "getOutput");
const HASH = "0123456789abcdef".repeat(4);

function judged(status: number, type: string, text: string): readonly string[] {
  if (output === undefined) throw new Error("the document has no getOutput");
  const headers = new Headers({
    "X-Request-ID": "01890f0c-5f3e-7cc0-98c4-dc0c0c07398f",
    traceparent: `00-${"a".repeat(32)}-${"b".repeat(16)}-01`,
    "Cache-Control": "private, no-cache",
    "Content-Type": type,
    ETag: `"${HASH}"`,
  });
  return checkExchange(output, { method: "GET", status, headers, text });
}

describe("the fuzzer's judge", () => {
  test.each(['{"schema', '{"schema_version":"1"}'])("takes a part of a result as text: %s", (part) => {
    expect(judged(206, "application/json", part)).toEqual([]);
  });

  test("finds a whole result that breaks its schema", () => {
    expect(judged(200, "application/json", '{"schema_version":"1"}')).toContain(
      "a body where  must have required property 'run_id'",
    );
  });

  test("finds a body that is not JSON, and a content type of no response", () => {
    expect(judged(200, "application/json", '{"schema')).toEqual(["a body that is not JSON"]);
    expect(judged(206, "text/html", "<p>")).toEqual(["the content type text/html, which is not described"]);
  });

  test("finds a status that is not described", () => {
    expect(judged(418, "application/json", "{}")).toEqual(["a 418, which is not described"]);
  });
});
