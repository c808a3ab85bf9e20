import { AttributeAction, parse, type Selector, SelectorType } from "css-what";

/** What an element itself has to be. */
export type ElementTest =
  | { readonly kind: "tag"; readonly name: string }
  | {
      readonly kind: "attribute";
      readonly name: string;
      readonly action: "exists" | "equals" | "word" | "start" | "end" | "any" | "hyphen";
      readonly value: string;
      readonly ignores_case: boolean;
    }
  /** Its place among its siblings, from 1: `step` × n + `offset`. */
  | { readonly kind: "nth"; readonly of_type: boolean; readonly step: number; readonly offset: number }
  | { readonly kind: "last" }
  | { readonly kind: "not"; readonly any: readonly (readonly ElementTest[])[] };

export type Combinator = "descendant" | "child" | "adjacent" | "sibling";

/** One after the other from left to right, each related to the one before by its combinator. */
export type SelectorChain = readonly {
  readonly by: Combinator | undefined;
  readonly tests: readonly ElementTest[];
}[];

/** Of one selector: the parts of a chain, and the chains that commas part. */
const MAX_PARTS = 8;
const MAX_CHAINS = 10;
const NO_SELECTOR = "this is not valid CSS";

const COMBINATORS: Readonly<Partial<Record<SelectorType, Combinator>>> = {
  [SelectorType.Descendant]: "descendant",
  [SelectorType.Child]: "child",
  [SelectorType.Adjacent]: "adjacent",
  [SelectorType.Sibling]: "sibling",
};
const ACTIONS = {
  [AttributeAction.Exists]: "exists",
  [AttributeAction.Equals]: "equals",
  [AttributeAction.Element]: "word",
  [AttributeAction.Start]: "start",
  [AttributeAction.End]: "end",
  [AttributeAction.Any]: "any",
  [AttributeAction.Hyphen]: "hyphen",
  [AttributeAction.Not]: undefined,
} as const;

/** Why a selector is refused. */
class Refusal extends Error {}

/** `odd`, `even`, `3`, `2n+1`, `-n + 3`. */
function nthOf(text: string, of_type: boolean): ElementTest {
  const written = text
    .replaceAll(" ", "")
    .toLowerCase()
    .replace(/^odd$/, "2n+1")
    .replace(/^even$/, "2n");
  const found = /^(?:([+-]?\d{0,6})n)?([+-]?\d{1,6})?$/.exec(written);
  if (found === null || written === "") throw new Refusal(`:nth-child(${text}) is not understood`);
  const [, step, offset = "0"] = found;
  const steps = step === undefined ? 0 : step === "" || step === "+" ? 1 : step === "-" ? -1 : Number(step);
  return { kind: "nth", of_type, step: steps, offset: Number(offset) };
}

function pseudoOf(name: string, data: Selector[][] | string | null): ElementTest {
  if (name === "not" && Array.isArray(data)) return { kind: "not", any: data.map((each) => each.map(testOf)) };
  if (name === "first-child" || name === "first-of-type")
    return { kind: "nth", of_type: name === "first-of-type", step: 0, offset: 1 };
  if (name === "last-child") return { kind: "last" };
  if ((name === "nth-child" || name === "nth-of-type") && typeof data === "string")
    return nthOf(data, name === "nth-of-type");
  throw new Refusal(`:${name} is not supported`);
}

function testOf(token: Selector): ElementTest {
  if (token.type === SelectorType.Tag && token.namespace === null)
    return { kind: "tag", name: token.name.toLowerCase() };
  if (token.type === SelectorType.Universal && token.namespace === null) return { kind: "not", any: [] };
  if (token.type === SelectorType.Pseudo) return pseudoOf(token.name, token.data);
  const action = token.type === SelectorType.Attribute ? ACTIONS[token.action] : undefined;
  if (token.type !== SelectorType.Attribute || action === undefined || token.namespace !== null)
    throw new Refusal(`${token.type} is not supported there`);
  const { name, value, ignoreCase } = token;
  return { kind: "attribute", name: name.toLowerCase(), action, value, ignores_case: ignoreCase === true };
}

function chainOf(tokens: readonly Selector[]): SelectorChain {
  const chain: { by: Combinator | undefined; tests: ElementTest[] }[] = [{ by: undefined, tests: [] }];
  for (const token of tokens) {
    const by = COMBINATORS[token.type];
    if (by === undefined) chain.at(-1)?.tests.push(testOf(token));
    else chain.push({ by, tests: [] });
  }
  if (chain.length > MAX_PARTS) throw new Refusal(`has more than ${MAX_PARTS} parts`);
  if (chain.some(({ tests }) => tests.length === 0)) throw new Refusal("begins or ends with a combinator");
  return chain;
}

/**
 * The chains of a CSS selector: tags, classes, ids, attributes, `:not()`, `:first-child`, `:last-child`, `:nth-child()`, `-of-type`
 * and combinators. Or why it is not taken: anything that costs more than a look at an element, such as `:has()`, is not.
 */
export function readSelector(text: string): readonly SelectorChain[] | string {
  try {
    const found = parse(text);
    if (found.length === 0) return NO_SELECTOR;
    return found.length <= MAX_CHAINS ? found.map(chainOf) : `has more than ${MAX_CHAINS} alternatives`;
  } catch (error) {
    // The parser's own messages have the text in them, to any length.
    return error instanceof Refusal ? error.message : NO_SELECTOR;
  }
}
