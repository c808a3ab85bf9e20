import { catalog } from "#core/domain/packs/catalog.ts";
import { dataSchema } from "../runs/request-schemas.ts";
import type { Json } from "./tool.ts";

/**
 * What `data` of a result may be: a form for each pack there is, for runs of one that is in the plan no more can be read
 * too. Members by name and type; what is within them, list_packs says of one pack.
 */
export const dataOutline = (): Json => ({ anyOf: [...catalog.keys()].map((type) => outlineOf(dataSchema(type))) });

/** One object with the members of every form; required is what all of them have. */
function outlineOf(schema: Json): Json {
  const forms = choicesOf(schema) ?? [schema];
  const names = new Set(forms.flatMap((form) => Object.keys(membersOf(form))));
  const everywhere = (name: string) => forms.every(({ required }) => (required as readonly string[]).includes(name));
  const described = [...names].map((name) => {
    const found = forms.map((form) => membersOf(form)[name]).filter((member) => member !== undefined);
    return [name, typed(new Map(found.flatMap(typesOf)))] as const;
  });
  return {
    type: "object",
    required: [...names].filter(everywhere),
    properties: Object.fromEntries(described),
  };
}

const choicesOf = (schema: Json) => (schema["anyOf"] ?? schema["oneOf"]) as readonly Json[] | undefined;
const membersOf = (schema: Json) => schema["properties"] as Readonly<Record<string, Json>>;

/** The types that a member may have, with what the items of a list may be. */
function typesOf(schema: Json): readonly (readonly [type: string, schema: Json])[] {
  const choices = choicesOf(schema);
  if (choices !== undefined) return choices.flatMap(typesOf);
  const { items, type: types } = schema as { readonly items?: Json; readonly type: string | readonly string[] };
  return [types].flat().map((type) => {
    return [type, { type, ...(type === "array" && { items: typed(new Map(typesOf(items ?? {}))) }) }] as const;
  });
}

function typed(types: ReadonlyMap<string, Json>): Json {
  const [only, ...others] = types.values();
  return only === undefined || others.length > 0 ? { anyOf: [...types.values()] } : only;
}
