import type { Combinator, ElementTest, SelectorChain } from "#core/domain/packs/url-selectors.ts";

/** Where an element stands among its siblings. */
interface Place {
  readonly at: number;
  readonly of_type: number;
}

function attributeFits(
  element: Element,
  { name, action, value, ignores_case }: Extract<ElementTest, { kind: "attribute" }>,
): boolean {
  const given = element.getAttribute(name);
  if (given === null) return false;
  if (action === "exists") return true;
  const [has, wanted] = ignores_case ? [given.toLowerCase(), value.toLowerCase()] : [given, value];
  if (action === "equals") return has === wanted;
  if (wanted === "") return false;
  if (action === "word") return has.split(/[ \t\n\r\f]+/).includes(wanted);
  if (action === "start") return has.startsWith(wanted);
  if (action === "end") return has.endsWith(wanted);
  if (action === "any") return has.includes(wanted);
  return has === wanted || has.startsWith(`${wanted}-`);
}

function fits(element: Element, place: Place, test: ElementTest): boolean {
  switch (test.kind) {
    case "tag":
      return element.localName === test.name;
    case "attribute":
      return attributeFits(element, test);
    case "nth": {
      const left = (test.of_type ? place.of_type : place.at) - test.offset;
      return test.step === 0 ? left === 0 : left % test.step === 0 && left / test.step >= 0;
    }
    case "last":
      return element.nextElementSibling === null;
    case "not":
      return !test.any.some((tests) => tests.every((each) => fits(element, place, each)));
  }
}

/** Which parts of the chains, all in one row, some elements fit. */
type Fitting = readonly boolean[];

/** What the siblings of a level have shown so far. */
interface Level {
  readonly parent: Fitting;
  readonly ancestors: Fitting;
  /** Of the element before, and of any before. */
  previous: Fitting;
  earlier: Fitting;
  at: number;
  readonly types: Map<string, number>;
}

const NOTHING: Fitting = [];
const either = (one: Fitting, other: Fitting): Fitting =>
  one.length === 0 ? other : one.map((fit, at) => fit || other[at] === true);

const level = (parent: Fitting, ancestors: Fitting): Level => ({
  parent,
  ancestors: either(parent, ancestors),
  previous: NOTHING,
  earlier: NOTHING,
  at: 0,
  types: new Map(),
});

/** By which elements a part's combinator goes. */
const RELATED: Readonly<Record<Combinator, (level: Level) => Fitting>> = {
  descendant: ({ ancestors }) => ancestors,
  child: ({ parent }) => parent,
  adjacent: ({ previous }) => previous,
  sibling: ({ earlier }) => earlier,
};

/**
 * The elements below a root that fit a chain, in their order; none in another where `outermost` is asked for. One walk: time grows
 * with the elements times the parts of the chains, whatever these are.
 */
export function selectElements(root: Element, chains: readonly SelectorChain[], outermost = false): Element[] {
  const parts = chains.flatMap((chain) => chain.map((part, at) => ({ ...part, isLast: at === chain.length - 1 })));
  const found: Element[] = [];
  const levels: Level[] = [level(NOTHING, NOTHING)];
  for (let node = root.firstElementChild; node !== null;) {
    const here = levels.at(-1) as Level;
    here.at += 1;
    const of_type = (here.types.get(node.localName) ?? 0) + 1;
    here.types.set(node.localName, of_type);
    const element = node;
    const place = { at: here.at, of_type };
    const own = parts.map(
      ({ by, tests }, index) =>
        (by === undefined || RELATED[by](here)[index - 1] === true) &&
        tests.every((test) => fits(element, place, test)),
    );
    const isFound = parts.some(({ isLast }, index) => isLast && own[index]);
    if (isFound) found.push(node);
    here.previous = own;
    here.earlier = either(own, here.earlier);
    if (node.firstElementChild !== null && !(isFound && outermost)) {
      levels.push(level(own, here.ancestors));
      node = node.firstElementChild;
      continue;
    }
    while (node !== null && node !== root && node.nextElementSibling === null) {
      levels.pop();
      node = node.parentElement;
    }
    node = node === null || node === root ? null : node.nextElementSibling;
  }
  return found;
}
