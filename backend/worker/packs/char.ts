import { createHash } from "node:crypto";
import type { Style } from "@dicebear/core";
import { renderAsync } from "@resvg/resvg-js";
import type { PackOutcome } from "#core/domain/pack.ts";
import { type CharInputs, charOffer, type CharStyle } from "#core/domain/packs/char.ts";
import { checkSvg } from "./char/check-svg.ts";
import { draw, type Drawn, faultOf, type Portrait } from "./char/draw.ts";
import { loadStyle } from "./char/style.ts";
import type { Pack } from "./pack.ts";

const ARTIFACT = "portrait.svg";
const PNG_ARTIFACT = "portrait.png";

function licenceOf(style: Style): object {
  const meta = style.meta();
  const [license, creator, source] = [meta.license(), meta.creator(), meta.source()];
  return {
    name: license.name(),
    url: license.url(),
    artist: creator.name(),
    artist_url: creator.url(),
    source: source.name(),
    source_url: source.url(),
    attribution: license.text(),
  };
}

const sha256Of = (bytes: Uint8Array): string => createHash("sha256").update(bytes).digest("hex");

function done(
  { name, style: style_name, seed, size }: Drawn,
  portrait: Portrait,
  style: Style,
  png?: Buffer,
): PackOutcome {
  const bytes = Buffer.from(portrait.svg);
  return {
    kind: "done",
    data: {
      name,
      style: style_name,
      seed,
      size,
      features: portrait.features,
      colors: portrait.colors,
      artifact: ARTIFACT,
      sha256: sha256Of(bytes),
      bytes: bytes.byteLength,
      ...(png === undefined ? {} : { png: { artifact: PNG_ARTIFACT, sha256: sha256Of(png), bytes: png.byteLength } }),
      licence: licenceOf(style),
    },
    artifacts: [
      { name: ARTIFACT, content_type: "image/svg+xml", text: portrait.svg },
      ...(png === undefined ? [] : [{ name: PNG_ARTIFACT, content_type: "image/png", base64: png.toString("base64") }]),
    ],
    units: { base: 1 },
    reliability: 1,
  };
}

/** Drawn by Node's own threads, for a large one takes a while. No portrait has a text, so no font is read. */
async function pngOf(svg: string): Promise<Buffer> {
  return (await renderAsync(svg, { font: { loadSystemFonts: false } })).asPng();
}

/** The `char` pack: a pure function of its inputs and the drawings of the style. */
export function charPack(load: (style: CharStyle) => Promise<Style> = loadStyle): Pack<CharInputs> {
  const loaded = new Map<CharStyle, Style>();
  const styleOf = async (name: CharStyle) => {
    const style = loaded.get(name) ?? (await load(name));
    loaded.set(name, style);
    return style;
  };
  return {
    offer: charOffer,
    async run(inputs, { signal, log }) {
      signal.throwIfAborted();
      const style = await styleOf(inputs.style);
      signal.throwIfAborted();
      const wrong = faultOf(style, inputs);
      if (wrong !== undefined) return { kind: "input_rejected", reason_code: "FEATURE_UNKNOWN", detail: wrong };
      const drawn = { ...inputs, seed: inputs.seed ?? inputs.name };
      const portrait = draw(style, drawn);
      const fault = checkSvg(portrait.svg);
      if (fault === undefined)
        return done(drawn, portrait, style, inputs.png === true ? await pngOf(portrait.svg) : undefined);
      log.error("portrait did not pass its check", { style: inputs.style, fault });
      const detail = "The portrait did not pass the check that makes it safe to embed, and was not delivered.";
      return { kind: "pack_failed", reason_code: "PORTRAIT_UNSAFE", detail };
    },
  };
}
