import { expect, test } from "vitest";
import { findFieldError, MAX_VALUES } from "../../../edge/json-text.ts";

test.each([
  ['{"a":1,"a":2}', "/a", "is given twice"],
  [String.raw`{"a":1,"\u0061":2}`, "/a", "is given twice"],
  ['[1,{"b":[9007199254740993]}]', "/1/b/0", "is an integer beyond 2^53 - 1, which not every reader keeps exact"],
  ["-9007199254740992", "", "is an integer beyond 2^53 - 1, which not every reader keeps exact"],
  [String.raw`{"x":"\ud800"}`, "/x", "contains a lone surrogate"],
  [String.raw`{"x":"\u0000"}`, "/x", "contains a NUL character"],
  ["[1e400]", "/0", "is beyond the range of a double"],
  ['{"__proto__":1}', "/__proto__", "is a reserved name"],
  [`[${"1,".repeat(MAX_VALUES)}1]`, `/${MAX_VALUES - 1}`, `is past the ${MAX_VALUES} values that a body may hold`],
])("%.40s is refused at %s", (text, pointer, detail) => {
  expect(findFieldError(text)).toEqual({ pointer, detail });
});

test.each([
  '{"a":{"a":1},"b":[{"a":1},{"a":2}]}',
  "[9007199254740991,-9007199254740991,0.1234567890123456789,1E30]",
  String.raw`["a\"b","\\","\u0061"]`,
  `${"[".repeat(32)}${"]".repeat(32)}`,
])("%s is taken", (text) => {
  expect(findFieldError(text)).toBeUndefined();
});
