import type { Operation } from "./document.ts";

type Parameter = Operation["parameters"][number];
type Json = Readonly<Record<string, unknown>>;

/** What no text of this format is. */
const NOT_OF_FORMAT: Readonly<Record<string, readonly string[]>> = {
  "date-time": [
    "now",
    "2026-01-01",
    "2026-02-30T00:00:00Z",
    "0000-01-01T00:00:00Z",
    `2026-01-01T00:00:00.${"1".repeat(500)}Z`,
  ],
  date: ["now", "2026-1-1", "2026-02-30", "0000-01-01", "2026-01-01T00:00:00Z", "-infinity"],
  uuid: ["7", "nobody"],
};

/** What a schema of one text rules out; an empty text, which none of them takes, is among it. */
function badTexts(schema: Json): readonly string[] {
  const { type, minimum, maximum, maxLength, format } = schema;
  if (type === "integer") return ["", "ten", "1.5", String(Number(minimum) - 1), String(Number(maximum) + 1)];
  const known = schema["enum"] as readonly string[] | undefined;
  if (known !== undefined) {
    const [first = ""] = known;
    const otherCase = first === first.toUpperCase() ? first.toLowerCase() : first.toUpperCase();
    return ["", "nothing", otherCase];
  }
  const long = typeof maxLength === "number" ? ["x".repeat(maxLength + 1)] : [];
  return ["", "ü", "A\0", ...long, ...(NOT_OF_FORMAT[String(format)] ?? [])];
}

const pair = (name: string, text: string): string => `${name}=${encodeURIComponent(text)}`;

/** Queries that the document rules out by what it says of this one parameter. */
export function badQueries({ name, schema }: Parameter): readonly string[] {
  const [example] = (schema["examples"] ?? []) as readonly unknown[];
  if (schema["type"] === "object") {
    const { maxProperties } = schema;
    const { maxLength } = schema["additionalProperties"] as Json;
    const many = Array.from({ length: Number(maxProperties) + 1 }, (_, index) => `${name}[n${index}]=1`);
    const long = "x".repeat(Number(maxLength) + 1);
    return [
      `${name}=a`,
      `${name}[]=a`,
      `${name}[a]=1&${name}[a]=2`,
      `${name}[a]=%00`,
      `${name}[a]=${long}`,
      many.join("&"),
    ];
  }
  if (schema["type"] === "array") {
    const items = badTexts(schema["items"] as Json);
    const [first = ""] = example as readonly string[];
    return [...items.map((text) => pair(name, text)), `${pair(name, first)},nothing`, `${name}[x]=${first}`];
  }
  const good = String(example);
  const twice = `${pair(name, good)}&${pair(name, good)}`;
  return [...badTexts(schema).map((text) => pair(name, text)), twice, `${name}[]=${good}`, `${name}[a]=${good}`];
}
