import type { Json } from "./json.ts";

type Members = Readonly<Record<string, Json>>;
/** Whether the members are those that a caller sends, or that it is given. */
export type Direction = "sent" | "given";

/** One line of plain words for each member that a JSON Schema names, with those within it below. */
export function memberLines(schema: Json, direction: Direction, indent = ""): string[] {
  const forms = objectsOf(schema);
  const tag = tagOf(forms);
  const names = [...new Set(forms.flatMap((form) => Object.keys(membersOf(form))))];
  return names.flatMap((name) => {
    const having = forms.filter((form) => name in membersOf(form));
    const [form = {}] = having;
    const member = membersOf(form)[name] ?? {};
    const isTag = name === tag;
    const values = isTag ? { enum: having.flatMap((each) => valuesOf(membersOf(each)[name] ?? {})) } : member;
    const words = [typeWords(values), ...presence(name, form, direction)];
    if (tag !== undefined && having.length < forms.length) words.push(onlyWhere(tag, having));
    const description = describe(
      having.map((each) => membersOf(each)[name] ?? {}),
      isTag,
    );
    return [
      `${indent}- \`${name}\` (${words.join(", ")})${description}`,
      ...memberLines(insideOf(member), direction, `${indent}  `),
    ];
  });
}

/** What a member is; of one that tells forms apart, what each of its values says. */
function describe(members: readonly Json[], isTag: boolean): string {
  const described = members.filter(({ description }) => typeof description === "string");
  const words = new Set(described.map(({ description }) => oneLine(String(description))));
  const [only] = words;
  if (only === undefined) return "";
  if (!isTag || words.size === 1) return `: ${only}`;
  return `: ${described.map((member) => `${orOf(valuesOf(member).map(quoted))}: ${oneLine(String(member["description"]))}`).join(" ")}`;
}

export const oneLine = (text: string): string => text.replaceAll(/\s+/g, " ").trim();

const membersOf = (schema: Json) => (schema["properties"] ?? {}) as Members;
const choicesOf = (schema: Json) => (schema["anyOf"] ?? schema["oneOf"] ?? []) as readonly Json[];

/** The objects with members that a value may be. */
const objectsOf = (schema: Json): readonly Json[] =>
  "properties" in schema ? [schema] : choicesOf(schema).flatMap(objectsOf);

/** What is below a member: its own members, or those of the items of a list. */
function insideOf(member: Json): Json {
  const lists = [member, ...choicesOf(member)].flatMap(({ items }) => (items === undefined ? [] : [items as Json]));
  return { anyOf: [member, ...lists] };
}

const valuesOf = ({ enum: values }: Json) => (Array.isArray(values) ? (values as readonly unknown[]) : []);

/** The member whose value tells several forms apart. */
function tagOf(forms: readonly Json[]): string | undefined {
  if (forms.length < 2) return undefined;
  return Object.keys(membersOf(forms[0] ?? {})).find((name) => {
    const values = forms.map((form) => valuesOf(membersOf(form)[name] ?? {}));
    return values.every((each) => each.length > 0) && new Set(values.flat()).size === values.flat().length;
  });
}

const onlyWhere = (tag: string, having: readonly Json[]): string =>
  `only where \`${tag}\` is ${orOf(having.flatMap((form) => valuesOf(membersOf(form)[tag] ?? {})).map(quoted))}`;

function presence(name: string, { required = [], properties }: Json, direction: Direction): readonly string[] {
  const fallback = (properties as Members)[name]?.["default"];
  const isRequired = (required as readonly string[]).includes(name) && fallback === undefined;
  if (direction === "given") return isRequired ? [] : ["may be absent"];
  if (isRequired) return ["required"];
  return ["optional", ...(fallback === undefined ? [] : [`default ${JSON.stringify(fallback)}`])];
}

function typeWords(schema: Json): string {
  const values = valuesOf(schema);
  if (values.length > 0) return orOf(values.map(quoted));
  const choices = choicesOf(schema);
  if (choices.length > 0) return orOf([...new Set(choices.map(typeWords))]);
  const { type, items } = schema;
  if (type === "array") return items === undefined ? "list" : `list of ${typeWords(items as Json)}`;
  return type === undefined ? "any JSON" : orOf([type].flat().map(String));
}

const quoted = (value: unknown): string => JSON.stringify(value);

const orOf = (words: readonly string[]): string => words.join(" or ");
