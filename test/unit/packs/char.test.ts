import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { chargeFor, priceOf } from "#core/domain/pack.ts";
import { CHAR_LIMITS, CHAR_STYLES, charOffer } from "#core/domain/packs/char.ts";
import { micros } from "#core/domain/money.ts";
import { charPack } from "../../../backend/worker/packs/char.ts";
import { loadStyle } from "../../../backend/worker/packs/char/style.ts";
import { portray } from "./char-fixture.ts";
import { context } from "./decision-fixture.ts";

const ADA = { name: "Ada Lovelace", seed: "ada-1", size: 256 };

/**
 * SHA-256 of the portrait of `ADA` in each style. When a new version of a library changes one of these, the same
 * inputs give other bytes: then the version of the pack must rise with them.
 */
const PINNED = {
  version: "1.0.0",
  sha256: {
    adventurer: "75898ef45251ff65c6c225c153a4e89448eaf7701e52995b0f1f541ea318cd18",
    "big-smile": "8d3752c21dc43c108935d9218a0ddc2844e70b3b5b933bb303440bc6bbe8e95c",
    lorelei: "1b27c2881ef4ed529fee73285ce80af87e0ca20fc9e760f60affdfe62873d704",
    micah: "d2b9625cb93302417be78c1164638688860ffd9a4551654b7f1f9c7300312ae5",
    notionists: "875d7f592a45acbb3375a4a9cd03e853fa2aa6485c719c18bdcfdb5d537179c6",
    "open-peeps": "7b31d8e885a9600e1687e672f580798e06603b11834b98b61f0619d7f7aef3b8",
    personas: "cbdd90591db4c6f8321f6c2f73d98c1c499b66e07e5bf6dc4e777d3642d8c56a",
    "pixel-art": "4861a7298e37b096ccacf749d2641643beb18fff034974150727303476f99784",
  },
};

describe("a portrait", () => {
  test("is the same bytes as ever under this version of the pack", async () => {
    const sha256 = Object.fromEntries(
      await Promise.all(
        CHAR_STYLES.map(async (style) => [style, (await portray({ ...ADA, style }, charPack())).data.sha256] as const),
      ),
    );
    expect({ version: charOffer.version, sha256 }).toEqual(PINNED);
  });

  test.each(CHAR_STYLES)("in the style %s names its hash, length, artist, source and licence", async (style) => {
    const { data, svg, artifact } = await portray({ ...ADA, style });
    expect(artifact).toMatchObject({ name: data.artifact, content_type: "image/svg+xml" });
    expect(data).toMatchObject({ ...ADA, style, bytes: Buffer.byteLength(svg) });
    expect(data.sha256).toBe(createHash("sha256").update(svg).digest("hex"));
    const meta = (await loadStyle(style)).definition().meta;
    expect(data.licence).toEqual({
      name: meta?.license?.name,
      url: meta?.license?.url,
      artist: meta?.creator?.name,
      artist_url: meta?.creator?.url,
      source: meta?.source?.name,
      source_url: meta?.source?.url,
      attribution: meta?.license?.text,
    });
    for (const said of Object.values(data.licence)) expect(said).toMatch(/\S/);
    const { name, url, artist, source, source_url } = data.licence;
    expect(svg).toContain(`<desc>Portrait in the style ${source} by ${artist}, ${name}.</desc>`);
    expect(svg).toContain(`“${source}” (${source_url}) by “${artist}”, licensed under “${name}” (${url})</dc:rights>`);
  });

  test("differs by seed, and by name alone when there is no seed", async () => {
    const by = async (inputs: object) => (await portray({ name: "Ada", ...inputs })).data;
    const [first, second, named] = [await by({ seed: "1" }), await by({ seed: "2" }), await by({})];
    expect(first.features).not.toEqual(second.features);
    expect(named).toMatchObject({ seed: "Ada", style: "lorelei", size: 256 });
    expect((await by({ name: "Someone else", seed: "Ada" })).features).toEqual(named.features);
    expect((await by({ name: "Someone else" })).features).not.toEqual(named.features);
  });

  test.each([CHAR_LIMITS.min_size_px, CHAR_LIMITS.max_size_px])("at %i pixels is the same drawing", async (size) => {
    const usual = await portray(ADA);
    const scaled = await portray({ ...ADA, size });
    const viewBox = / viewBox="0 0 980 980" /;
    expect(scaled.svg).toMatch(viewBox);
    expect(scaled.svg).toContain(` width="${size}" height="${size}"`);
    expect([scaled.data.features, scaled.data.colors]).toEqual([usual.data.features, usual.data.colors]);
  });

  test("has ids that no portrait of other inputs has, so that a page may hold many", async () => {
    const ids = async (inputs: object) => [...(await portray({ ...ADA, ...inputs })).svg.matchAll(/ id="([^"]+)"/g)];
    const all = await Promise.all([{}, { name: "Bo" }, { seed: "s" }, { size: 64 }, { style: "personas" }].map(ids));
    const flat = all.flat().map(([, id]) => id);
    expect(flat.length).toBeGreaterThan(10);
    expect(new Set(flat).size).toBe(flat.length);
  });

  test("of many seeds shows every variant of a feature that all portraits have", async () => {
    const seen = new Set<string | undefined>();
    for (let seed = 0; seed < 300; seed++) {
      seen.add((await portray({ ...ADA, style: "pixel-art", seed: `seed ${seed}` })).data.features["eyes"]);
    }
    const eyes = (await loadStyle("pixel-art")).components().get("eyes");
    expect([...seen].toSorted()).toEqual([...(eyes?.variants().keys() ?? [])].toSorted());
  });

  test("is not begun when the run is already over", async () => {
    const over = new Error("timebox");
    const inputs = charOffer.inputs.parse(ADA);
    await expect(charPack().run(inputs, context(AbortSignal.abort(over)))).rejects.toBe(over);
  });

  test("is not delivered when the run ends while its style is loaded", async () => {
    const stop = new AbortController();
    const over = new Error("timebox");
    const pack = charPack((style) => {
      stop.abort(over);
      return loadStyle(style);
    });
    await expect(pack.run(charOffer.inputs.parse(ADA), context(stop.signal))).rejects.toBe(over);
  });
});

describe("styles", () => {
  test.each(CHAR_STYLES)("%s may be used commercially, as the library's licence page says too", async (style) => {
    const { license, source } = (await loadStyle(style)).definition().meta ?? {};
    expect(["CC0 1.0", "CC BY 4.0"]).toContain(license?.name);
    const page = readFileSync("node_modules/@dicebear/styles/LICENSE.md", "utf8");
    const section = page.split(/^### /m).find((part) => part.includes(`[src/${style}.json]`));
    expect(section).toContain(`[${license?.name}](${license?.url})`);
    expect(section).toContain(source?.url);
  });
});

describe("inputs", () => {
  const refusals = (inputs: unknown) =>
    charOffer.inputs.safeParse(inputs).error?.issues.map(({ path }) => path.join("."));

  test.each<[string, unknown, string]>([
    ["no name", {}, "name"],
    ["an empty name", { name: "" }, "name"],
    ["a name of spaces", { name: "  " }, "name"],
    ["a long name", { name: "x".repeat(CHAR_LIMITS.max_name_chars + 1) }, "name"],
    ["a name of two lines", { name: "a\nb" }, "name"],
    ["a NUL in a name", { name: "a\u0000b" }, "name"],
    ["a control character in a name", { name: "a\u001bb" }, "name"],
    ["a non-character in a name", { name: "a\uFFFE" }, "name"],
    ["a lone high surrogate in a name", { name: "a\uD83Db" }, "name"],
    ["a lone low surrogate in a name", { name: "\uDE00" }, "name"],
    ["a lone surrogate in a seed", { name: "a", seed: "\uD800" }, "seed"],
    ["an empty seed", { name: "a", seed: "" }, "seed"],
    ["a long seed", { name: "a", seed: "x".repeat(CHAR_LIMITS.max_seed_chars + 1) }, "seed"],
    ["an unknown style", { name: "a", style: "bottts" }, "style"],
    ["a style that objects inherit", { name: "a", style: "constructor" }, "style"],
    ["a size below the least", { name: "a", size: CHAR_LIMITS.min_size_px - 1 }, "size"],
    ["a size above the most", { name: "a", size: CHAR_LIMITS.max_size_px + 1 }, "size"],
    ["half a pixel", { name: "a", size: 64.5 }, "size"],
    ["a size in words", { name: "a", size: "64" }, "size"],
    ["an unknown field", { name: "a", extra: 1 }, ""],
  ])("%s is refused with the path to it", (_, inputs, path) => {
    expect(refusals(inputs)).toEqual([path]);
  });

  test.each(["é", "名前", "😀👩‍🚀", "\u202Eevil", "عمر", "O'Neil & <Sons>"])("the name %j is a name", (name) => {
    expect(refusals({ name })).toBeUndefined();
  });
});

describe("the price", () => {
  test("is the price list times the units, as estimated, whatever the inputs", async () => {
    const inputs = fc.record({
      name: fc.string({ minLength: 1, maxLength: 20 }).filter((name) => charOffer.inputs.safeParse({ name }).success),
      style: fc.constantFrom(...CHAR_STYLES),
      size: fc.integer({ min: CHAR_LIMITS.min_size_px, max: CHAR_LIMITS.max_size_px }),
    });
    await fc.assert(
      fc.asyncProperty(inputs, async (given) => {
        const estimate = charOffer.estimate(charOffer.inputs.parse(given));
        const { units, reliability } = await portray(given);
        expect({ units, exact: true }).toEqual(estimate);
        expect(priceOf(charOffer.prices, units)).toBe(5_000);
        expect(chargeFor(charOffer.prices, units, micros(1_000_000))).toBe(5_000);
        expect(reliability).toBe(1);
      }),
      { numRuns: 60 },
    );
  });

  test("of the example is charged for the example", async () => {
    expect((await portray(charOffer.examples[0].inputs)).units).toEqual({ base: 1 });
  });
});
