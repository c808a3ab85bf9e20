import { describe, expect, test } from "vitest";
import { catalog } from "#core/domain/packs/catalog.ts";
import { parseRunRequest } from "#core/domain/run-request.ts";
import {
  cellOf,
  errorAt,
  type Field,
  fieldsOf,
  inputsOf,
  matrixNames,
  pointerTo,
  type Schema,
  valuesOf,
  withCell,
} from "../../../edge/console/form-fields.ts";
import { inputsSchema } from "../../../edge/runs/request-schemas.ts";

const schemaOf = (pack: string) => inputsSchema(pack) as Schema;
const kinds = (fields: readonly Field[]) => Object.fromEntries(fields.map(({ name, kind }) => [name, kind]));

describe("the form of a pack", () => {
  test("has a control that suits each input", () => {
    expect(kinds(fieldsOf(schemaOf("char")))).toMatchObject({ name: "text", style: "choice", size: "number" });
    expect(kinds(fieldsOf(schemaOf("url")))).toEqual({ url: "text", format: "choice", selectors: "json" });
    expect(kinds(fieldsOf(schemaOf("ocr")))).toEqual({
      image: "image",
      image_url: "text",
      language: "choice",
      languages: "choices",
    });
    expect(kinds(fieldsOf(schemaOf("decision")))).toMatchObject({
      question: "long",
      options: "texts",
      criteria: "rows",
      scores: "matrix",
      uncertainty: "json",
    });
    expect(kinds(fieldsOf(schemaOf("eval")))).toMatchObject({ cases: "rows", metrics: "choices" });
    expect(kinds(fieldsOf(schemaOf("compliance")))).toMatchObject({
      text: "long",
      rules: "choices",
      patterns: "rows",
      allow: "texts",
    });
    expect(kinds(fieldsOf(schemaOf("extract")))).toEqual({
      text: "long",
      url: "text",
      schema: "json",
      instructions: "long",
    });
  });

  const examples = [...catalog.values()].flatMap((offer) =>
    offer.examples.map((example) => ({ ...example, type: offer.type })),
  );
  test.each(examples)("of $type gives back the pack's example as it was: $title", ({ type, inputs: example }) => {
    const schema = schemaOf(type);
    const given = example as Record<string, unknown>;
    const fields = fieldsOf(schema, given);
    const { inputs, errors } = inputsOf(fields, valuesOf(fields, schema, given));
    expect(errors).toEqual([]);
    expect(inputs).toMatchObject(given);
    expect(parseRunRequest({ pack_type: type, inputs, max_cost_usd: "5.0000" })).toHaveProperty("request");
  });

  test("shows as JSON what no control can hold, and loses nothing of it", () => {
    const given = {
      cases: [{ id: "a", output: "x", expected: ["x", "y"] }],
      metrics: ["exact", { metric: "contains", ignore_case: true }],
    };
    const fields = fieldsOf(schemaOf("eval"), given);
    expect(kinds(fields)).toMatchObject({ cases: "json", metrics: "json" });
    expect(inputsOf(fields, valuesOf(fields, schemaOf("eval"), given)).inputs).toMatchObject(given);
  });
});

describe("what is filled in", () => {
  const fields = fieldsOf(schemaOf("decision"));

  test("is sent as the API takes it; what is empty is left out", () => {
    const { inputs, errors } = inputsOf(fields, {
      question: "Tea or coffee?",
      mode: "",
      options: " tea \n\ncoffee",
      criteria: [{ name: "calm", weight: "2", direction: "max", at_least: "" }],
      scores: { tea: { calm: "8" }, coffee: { calm: "" }, gone: { calm: "1" } },
    });
    expect(errors).toEqual([]);
    expect(inputs).toEqual({
      question: "Tea or coffee?",
      options: ["tea", "coffee"],
      criteria: [{ name: "calm", weight: 2, direction: "max" }],
      scores: { tea: { calm: 8 } },
    });
  });

  test("is refused at its place where it is neither number nor JSON", () => {
    const { errors } = inputsOf(fields, {
      criteria: [{ name: "calm", weight: "much", direction: "max" }],
      uncertainty: "{",
      options: "a/b",
      scores: { "a/b": { calm: "x" } },
    });
    expect(errors).toEqual([
      { pointer: "/inputs/uncertainty", detail: "must be JSON" },
      { pointer: "/inputs/criteria/0/weight", detail: "must be a number" },
      { pointer: "/inputs/scores/a~1b/calm", detail: "must be a number" },
    ]);
  });

  test("may have the names that every object has", () => {
    const values = {
      options: "constructor\n__proto__",
      criteria: [{ name: "toString", weight: "1", direction: "max" }],
      scores: { tea: { calm: "8" }, constructor: { calm: "1" } },
    };
    expect(inputsOf(fields, values).errors).toEqual([]);
    expect(cellOf({ tea: { calm: "8" } }, "tea", "toString")).toBe("");
    expect(cellOf({}, "constructor", "name")).toBe("");
    const filled = withCell(withCell({}, "__proto__", "toString", "2"), "__proto__", "calm", "3");
    expect([cellOf(filled, "__proto__", "toString"), cellOf(filled, "__proto__", "calm")]).toEqual(["2", "3"]);
    const { inputs } = inputsOf(fields, { ...values, scores: filled });
    expect(JSON.stringify(inputs["scores"])).toBe('{"__proto__":{"toString":2}}');
  });

  test("names the rows and columns of a matrix once each", () => {
    const names = matrixNames(
      { lines: "options", columns: "criteria" },
      { options: "a\na\n b", criteria: [{ name: "x" }, { name: "" }] },
    );
    expect(names).toEqual({ lines: ["a", "b"], columns: ["x"] });
  });
});

describe("an error of the API", () => {
  const errors = [
    { pointer: "/inputs/options/1", detail: "is listed twice" },
    { pointer: "/inputs/size", detail: "must be at least 32" },
    { pointer: "/inputs/name", detail: "is required" },
  ];
  test("stands at its field, or at the field that it is within", () => {
    expect(errorAt(errors, "/inputs/size")).toBe("Must be at least 32.");
    expect(errorAt(errors, "/inputs/name")).toBe("This is required.");
    expect(errorAt(errors, pointerTo("inputs", "options"))).toBe("Entry 2: is listed twice.");
    expect(errorAt(errors, "/inputs/options", false)).toBeUndefined();
    expect(errorAt(errors, "/inputs/siz")).toBeUndefined();
  });
});
