import { expect, test } from "vitest";
import { memberLines } from "../../../edge/openapi/member-lines.ts";

const text = { type: "string" };
const form = (kind: string, more: object, required: readonly string[] = []) => ({
  type: "object",
  properties: { kind: { type: "string", const: kind, enum: [kind], description: `A ${kind}.` }, ...more },
  required: ["kind", ...required],
});

test("a member is a line, and what is within it lines below", () => {
  const schema = {
    type: "object",
    properties: {
      name: { ...text, description: "What it\n  is called." },
      size: { anyOf: [{ type: "integer" }, { type: "null" }], default: 3 },
      parts: { type: "array", items: { type: "object", properties: { a: text }, required: [] } },
    },
    required: ["name", "size"],
  };
  expect(memberLines(schema, "sent")).toEqual([
    "- `name` (string, required): What it is called.",
    "- `size` (integer or null, optional, default 3)",
    "- `parts` (list of object, optional)",
    "  - `a` (string, optional)",
  ]);
  expect(memberLines(schema, "given")).toEqual([
    "- `name` (string): What it is called.",
    "- `size` (integer or null, may be absent)",
    "- `parts` (list of object, may be absent)",
    "  - `a` (string, may be absent)",
  ]);
});

test("several forms are one list, which says where each member is", () => {
  const schema = { oneOf: [form("a", { x: text, y: text }, ["x"]), form("b", { y: text }, ["y"])] };
  expect(memberLines(schema, "given")).toEqual([
    '- `kind` ("a" or "b"): "a": A a. "b": A b.',
    '- `x` (string, only where `kind` is "a")',
    "- `y` (string, may be absent)",
  ]);
});
