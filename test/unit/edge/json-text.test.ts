import { expect, test } from "vitest";
import { findFieldError, MAX_VALUES } from "../../../edge/http/json-text.ts";

const LARGE = "is a number with a magnitude above 2^53 - 1";

test.each([
  ['{"a":1,"a":2}', "/a", "is duplicated"],
  [String.raw`{"a":1,"\u0061":2}`, "/a", "is duplicated"],
  ['[1,{"b":[9007199254740993]}]', "/1/b/0", LARGE],
  ["-9007199254740992", "", LARGE],
  ["9007199254740993.0", "", LARGE],
  ["9007199254740993e0", "", LARGE],
  ["9.007199254740993E+15", "", LARGE],
  ["9007199254740991.5", "", LARGE],
  ["-1e16", "", LARGE],
  ["[0.5,1e300]", "/1", LARGE],
  [String.raw`{"x":"\ud800"}`, "/x", "contains a lone surrogate"],
  [String.raw`{"x":"\u0000"}`, "/x", "contains a NUL character"],
  ["[1e400]", "/0", LARGE],
  [`1${"0".repeat(200_000)}`, "", LARGE],
  ['{"__proto__":1}', "/__proto__", "is a reserved name"],
  [`[${"1,".repeat(MAX_VALUES)}1]`, `/${MAX_VALUES - 1}`, `exceeds the limit of ${MAX_VALUES} values per body`],
])("%.40s is refused at %s", (text, pointer, detail) => {
  expect(findFieldError(text)).toEqual({ pointer, detail });
});

test.each([
  '{"a":{"a":1},"b":[{"a":1},{"a":2}]}',
  "[9007199254740991,-9007199254740991.0,9.007199254740991e15,0.1234567890123456789,900719925474099.25,1E15,1e-400]",
  String.raw`["a\"b","\\","\u0061"]`,
  `${"[".repeat(32)}${"]".repeat(32)}`,
])("%s is taken", (text) => {
  expect(findFieldError(text)).toBeUndefined();
});
