import { Style } from "@dicebear/core";
import type { CharStyle } from "#core/domain/packs/char.ts";

const json = { with: { type: "json" } } as const;
const definitions: Readonly<Record<CharStyle, () => Promise<{ readonly default: unknown }>>> = {
  adventurer: () => import("@dicebear/styles/adventurer.json", json),
  "big-smile": () => import("@dicebear/styles/big-smile.json", json),
  lorelei: () => import("@dicebear/styles/lorelei.json", json),
  micah: () => import("@dicebear/styles/micah.json", json),
  notionists: () => import("@dicebear/styles/notionists.json", json),
  "open-peeps": () => import("@dicebear/styles/open-peeps.json", json),
  personas: () => import("@dicebear/styles/personas.json", json),
  "pixel-art": () => import("@dicebear/styles/pixel-art.json", json),
};

/** The drawings of a style. Rejects if they are not of the form that the library draws. */
export async function loadStyle(style: CharStyle): Promise<Style> {
  return new Style<unknown>((await definitions[style]()).default);
}
