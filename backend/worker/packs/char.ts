import { createHash } from "node:crypto";
import type { Style } from "@dicebear/core";
import type { PackOutcome } from "#core/domain/pack.ts";
import { type CharInputs, charOffer, type CharStyle } from "#core/domain/packs/char.ts";
import { checkSvg } from "./char/check-svg.ts";
import { draw, type Drawn, type Portrait } from "./char/draw.ts";
import { loadStyle } from "./char/style.ts";
import type { Pack } from "./pack.ts";

const ARTIFACT = "portrait.svg";

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

function done(inputs: Drawn, portrait: Portrait, style: Style): PackOutcome {
  const bytes = Buffer.from(portrait.svg);
  return {
    kind: "done",
    data: {
      ...inputs,
      features: portrait.features,
      colors: portrait.colors,
      artifact: ARTIFACT,
      sha256: createHash("sha256").update(bytes).digest("hex"),
      bytes: bytes.byteLength,
      licence: licenceOf(style),
    },
    artifacts: [{ name: ARTIFACT, content_type: "image/svg+xml", text: portrait.svg }],
    units: { base: 1 },
    reliability: 1,
  };
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
      const drawn = { name: inputs.name, style: inputs.style, seed: inputs.seed ?? inputs.name, size: inputs.size };
      const portrait = draw(style, drawn);
      const fault = checkSvg(portrait.svg);
      if (fault === undefined) return done(drawn, portrait, style);
      log.error("portrait did not pass its check", { style: inputs.style, fault });
      const detail = "The portrait did not pass the check that makes it safe to embed, and was not delivered.";
      return { kind: "pack_failed", reason_code: "PORTRAIT_UNSAFE", detail };
    },
  };
}
