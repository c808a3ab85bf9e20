import { expect, test } from "vitest";
import { z } from "zod";
import type { Problem } from "#core/domain/problem.ts";
import { validBody } from "../../../edge/http/body.ts";

const errorsOf = (schema: z.ZodType, value: unknown): unknown => {
  try {
    validBody(z.strictObject({ field: schema }), value);
  } catch (error) {
    return (error as Problem).extras.errors?.map((each) => each.detail);
  }
  return undefined;
};

const secret = "dpp_live_secret";

const TABLE: readonly (readonly [what: string, schema: z.ZodType, sent: unknown, said: string])[] = [
  ["a string left out", z.string(), undefined, "is required"],
  ["a choice left out", z.enum(["a", "b"]), undefined, "is required"],
  ["a UUID left out", z.uuid(), undefined, "is required"],
  ["a union left out", z.union([z.string(), z.number()]), undefined, "is required"],
  ["a number for a string", z.string(), 7, "must be a string, not a number"],
  ["null for a string", z.string(), null, "must be a string, not null"],
  ["a string for a number", z.number(), secret, "must be a number, not a string"],
  ["a string for a boolean", z.boolean(), secret, "must be true or false, not a string"],
  ["a boolean for a list", z.array(z.string()), true, "must be a list, not a boolean"],
  ["a list for an object", z.strictObject({}), [secret], "must be an object, not a list"],
  ["a string for a record", z.record(z.string(), z.string()), secret, "must be an object, not a string"],
  ["half a number", z.int(), 1.5, "must be a whole number"],
  ["a string for a whole number", z.int(), secret, "must be a number, not a string"],
  ["too little", z.int().min(1), 0, "must be 1 or more"],
  ["too much", z.int().max(900), 901, "must be 900 or less"],
  ["zero of what is positive", z.number().positive(), 0, "must be more than 0"],
  ["an empty text", z.string().min(1), "", "must not be empty"],
  ["a short text", z.string().min(20), secret, "must be at least 20 characters long"],
  ["a long text", z.string().max(3), secret, "must be at most 3 characters long"],
  ["an empty list", z.array(z.string()).min(1), [], "must not be empty"],
  ["a long list", z.array(z.string()).max(1), [secret, secret], "must have at most 1 items"],
  ["no choice of an enum", z.enum(["a", "b"]), secret, "must be one of a, b"],
  ["no literal", z.literal("a"), secret, 'must be "a"'],
  ["no UUID", z.uuid(), secret, "must be a UUID"],
  ["no GUID", z.guid(), secret, "must be a UUID"],
  ["no time", z.iso.datetime(), secret, "must be an RFC 3339 time such as 2026-11-21T09:30:00Z"],
  ["no date", z.iso.date(), secret, "must be a date such as 2026-11-21"],
  ["no URL", z.url(), secret, "must be a URL"],
  ["another form", z.string().regex(/^a$/), secret, "does not have the form that this field takes"],
  ["no form of a union", z.union([z.number(), z.boolean()]), secret, "has none of the forms that this field takes"],
  [
    "no kind of a choice of objects",
    z.discriminatedUnion("kind", [z.strictObject({ kind: z.literal("a") }), z.strictObject({ kind: z.literal("b") })]),
    { kind: secret },
    "must be one of a, b",
  ],
  ["an unknown member", z.strictObject({ a: z.string().optional() }), { [secret]: 1 }, "is not known here; allowed: a"],
  ["a member of what has none", z.strictObject({}), { x: 1 }, "is not known here"],
  [
    "a long name",
    z.record(z.string().max(3), z.string()),
    { name: "" },
    "has a name that is not taken: must be at most 3 characters long",
  ],
  ["a message of the schema's own", z.string("must say what to do"), 7, "must say what to do"],
];

test.each(TABLE)("of %s it is said in plain words what is wrong", (_what, schema, sent, said) => {
  const details = errorsOf(schema, sent === undefined ? {} : { field: sent });
  expect(details).toEqual([said]);
});

test("an unknown member is answered with those that are known", () => {
  expect(errorsOf(z.string(), { field: "a", extra: 1 })).toEqual(["is not known here; allowed: field"]);
});
