import { createHash } from "node:crypto";
import { Avatar, type Style } from "@dicebear/core";
import type { CharInputs } from "#core/domain/packs/char.ts";

/** Light enough for the black lines of every style, so that a portrait shows on a dark page too. */
const BACKGROUNDS = ["#b6e3f4", "#c0aede", "#d1d4f9", "#ffd5dc", "#ffdfbf"];

const COMMENT = /<!--.*?-->/;
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

/** Draws a portrait; a pure function of its arguments. Its ids are its own, so that a page may hold many portraits. */
export function draw(style: Style, inputs: Drawn): Portrait {
  const { name, seed, size } = inputs;
  const options = { seed, size, title: name, backgroundColor: BACKGROUNDS, idRandomization: false };
  const { svg, options: chosen } = new Avatar(style, options).toJSON();
  const identity = JSON.stringify([name, inputs.style, seed, size]);
  const prefix = `char-${createHash("sha256").update(identity).digest("hex").slice(0, 16)}-`;
  return {
    svg: svg.replace(ID, (start) => start + prefix).replace(COMMENT, () => describe(style)),
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
