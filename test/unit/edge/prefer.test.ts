import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { preferredWait } from "../../../edge/http/prefer.ts";

describe("Prefer: wait", () => {
  test.each([
    ["wait=0", 0],
    ["wait=20", 20],
    ["wait=30", 30],
    ["wait=31", 30],
    ["wait=99999999999999999999999999", 30],
    ["wait=007", 7],
    ["WAIT=5", 5],
    [" wait = 5 ", 5],
    ['wait="5"', 5],
    ["wait=5; x=y", 5],
    ["respond-async, wait=5", 5],
    ["wait=5, wait=9", 5],
    ['x="a, wait=9", wait=5', 5],
    ['x="a\\", wait=9", wait=5', 5],
    ["wait=x, wait=9", undefined],
    ["wait", 30],
    ["Wait ; x=y", 30],
    ["respond-async, wait", 30],
    ["wait=", 30],
    ['wait=""', 30],
    ["wait, wait=9", 30],
    ["wait=-1", undefined],
    ["wait=1.5", undefined],
    ["wait=5 6", undefined],
    ["wait='5'", undefined],
    ["waiting=5", undefined],
    ["x=wait=5", undefined],
    ['x="wait=5', undefined],
    ["", undefined],
    [undefined, undefined],
  ])("%j asks for %j seconds", (header, seconds) => {
    expect(preferredWait(header)).toBe(seconds);
  });

  test("asks for 0 to 30 seconds or nothing, whatever is sent", () => {
    const header = fc
      .array(fc.constantFrom("wait", "=", "3", '"', "\\", ",", ";", " ", "x"))
      .map((all) => all.join(""));
    fc.assert(
      fc.property(fc.oneof(header, fc.string()), (text) => {
        const seconds = preferredWait(text);
        expect(seconds === undefined || (Number.isInteger(seconds) && seconds >= 0 && seconds <= 30)).toBe(true);
      }),
    );
  });
});
