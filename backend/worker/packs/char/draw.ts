import { createHash } from "node:crypto";
import { Avatar, type Style } from "@dicebear/core";
import type { CharInputs } from "#core/domain/packs/char.ts";

/** Light enough for the black lines of every style, so that a portrait shows on a dark page too. */
const BACKGROUNDS = ["#b6e3f4", "#c0aede", "#d1d4f9", "#ffd5dc", "#ffdfbf"];

const COMMENT = /<!--.*?-->/;
/** Classes are names for animations, which a portrait has none of. */
const CLASS = / class="[^"]*"/g;
/** Where an id begins. It matches markup alone, for the library writes no double quote into a text unescaped. */
const ID = / (?:id="|href="#|(?:clip-path|fill|mask|stroke)="url\(#)/g;

/** Inputs with nothing left to default. */
export type Drawn = CharInputs & { readonly seed: string };

export interface Portrait {
  readonly svg: string;
  /** Variant by component and colour by name, of what the library chose for this portrait. */
  readonly features: Readonly<Record<string, string>>;
  readonly colors: Readonly<Record<string, string>>;
}

/** What the library is asked for beside the seed: a part that is given is shown, and one of no variant is not. */
function optionsFor(style: Style, { features = {}, colors = {}, background }: Drawn): Record<string, unknown> {
  const parts = Object.entries(features).map(([part, variant]) =>
    variant === NONE ? { [`${part}Probability`]: 0 } : { [`${part}Variant`]: [variant], [`${part}Probability`]: 100 },
  );
  const own_background = background === "transparent" ? [] : [background];
  return {
    ...(style.components().has(MOTION) ? { [`${MOTION}Probability`]: 0 } : {}),
    backgroundColor: background === undefined ? BACKGROUNDS : own_background,
    ...Object.assign({}, ...parts),
    ...Object.fromEntries(Object.entries(colors).map(([part, color]) => [`${part}Color`, [color.toLowerCase()]])),
  };
}

const NONE = "none";
/** A part of some styles, which is a style sheet: no portrait has it. */
const MOTION = "animation";

const partsOf = (style: Style) => new Map([...style.components()].filter(([name]) => name !== MOTION));

/** What is wrong with features or colours for this style; undefined where it has all of them. */
export function faultOf(style: Style, { features = {}, colors = {} }: CharInputs): string | undefined {
  const components = partsOf(style);
  for (const [part, variant] of Object.entries(features)) {
    const component = components.get(part);
    if (component === undefined)
      return `/inputs/features/${part}: is no part of the style; there are: ${list(components.keys())}.`;
    if (variant !== NONE && !component.variants().has(variant))
      return `/inputs/features/${part}: must be ${NONE}, or one of: ${list(component.variants().keys())}.`;
  }
  const named = [...style.colors().keys()].filter((name) => name !== "background");
  for (const part of Object.keys(colors))
    if (!named.includes(part)) return `/inputs/colors/${part}: is no colour of the style; there are: ${list(named)}.`;
  return undefined;
}

const list = (names: Iterable<string>): string => [...names].toSorted().join(", ");

/** Draws a portrait; a pure function of its arguments. Its ids are its own, so that a page may hold many portraits. */
export function draw(style: Style, inputs: Drawn): Portrait {
  const { name, seed, size, features, colors, background } = inputs;
  const options = { seed, size, title: name, idRandomization: false, ...optionsFor(style, inputs) };
  const { svg, options: chosen } = new Avatar(style, options).toJSON();
  const own = [features, colors, background].some((one) => one !== undefined) ? [features, colors, background] : [];
  const identity = JSON.stringify([name, inputs.style, seed, size, ...own]);
  const prefix = `char-${createHash("sha256").update(identity).digest("hex").slice(0, 16)}-`;
  return {
    svg: svg
      .replace(CLASS, "")
      .replace(ID, (start) => start + prefix)
      .replace(COMMENT, () => describe(style)),
    features: pick(style.components().keys(), (component) => chosen[`${component}Variant`]),
    // Of the colours of a solid fill, which every fill here is, the first is drawn.
    colors: pick(["background", ...style.colors().keys()], (color) => [chosen[`${color}Color`]].flat()[0]),
  };
}

/** Stands in the place of the library's comment. A name that is more than plain text would not pass the check. */
function describe(style: Style): string {
  const meta = style.meta();
  const [source, creator, license] = [meta.source().name(), meta.creator().name(), meta.license().name()];
  return `<desc>Portrait in the style ${source} by ${creator}, ${license}.</desc>`;
}

function pick(names: Iterable<string>, chosen: (name: string) => unknown): Record<string, string> {
  const picked = [...names].map((name) => [name, chosen(name)] as const);
  return Object.fromEntries(picked.filter((entry): entry is [string, string] => typeof entry[1] === "string"));
}
