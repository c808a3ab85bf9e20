import { expect, test } from "vitest";
import { parseOutcome } from "../../backend/worker/outcome.ts";

test.each([
  ["a NUL", "/a\0b is invalid", "/a\uFFFDb is invalid"],
  ["half a character", "/\ud800 is invalid", "/\uFFFD is invalid"],
])("a failure's detail with %s in it is one that the database takes", (_, detail, stored) => {
  const failure = { kind: "pack_failed", reason_code: "MODEL_OUTPUT_INVALID" };
  expect(parseOutcome({ ...failure, detail })).toEqual({ ...failure, detail: stored });
});
