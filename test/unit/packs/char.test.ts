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

const PNG_HEAD = "89504e470d0a1a0a";

const ADA = { name: "Ada Lovelace", seed: "ada-1", size: 256 };

/**
 * SHA-256 of the portrait of `ADA` in each style. When a new version of a library changes one of these, the same
 * inputs give other bytes: then the version of the pack must rise with them.
 */
const PINNED = {
  version: "1.1.0",
  sha256: {
    "adventurer-neutral": "c2bea5fd86a1279a32de4019952687d80e92fb7ce31adc786cf9913dc2a56c5f",
    adventurer: "75898ef45251ff65c6c225c153a4e89448eaf7701e52995b0f1f541ea318cd18",
    "big-ears-neutral": "fb442b02b1f1eec206e388746ea92fb71fe9ced591c0a5137249586033a87f5d",
    "big-ears": "feca512dc7857be5761f1d02eaa1c44579e1d196b8efc98f288f904292a4ccea",
    "big-smile": "8d3752c21dc43c108935d9218a0ddc2844e70b3b5b933bb303440bc6bbe8e95c",
    blobs: "9d6ad4444c52b3e8e04d608643dccf4149b3a99c5e9a6d3c71f09ad33483af2c",
    cameo: "e39660b2d967b2146f066d656dea185740406715c7e1d6bed512986faaf9328a",
    clay: "e5aea3cff65a471eadc3f281d8d7afea77949d90425e7c7a6f34af60aef730e1",
    constellation: "9c7e26e47b466a7c1d5ed2abbf5a2639b0e2bb6414c89ed64f55c5e327af32e6",
    critters: "0eb4b71cfd04da9396ab204237f31d5e6bba52022a1de366c3e36008ab3ae268",
    "croodles-neutral": "3c25e40eb57537739823191af02140dd9feb51d37b7d281626893a530e9f2dfc",
    croodles: "fc0f8106269c071ced035f1cf7048d0c15b44e342be9b407aaabbbf5fdbb640d",
    cutouts: "02861a7346095ef9fb024026d3d41c2d70915f8c4f105988aa42039fa81842fb",
    dylan: "5eda763091d70255bac1c977914168b2f0afebf480eeccb60382fdb1cf7fd86c",
    "fun-emoji": "8003df4c8d787e406ae0110144598f83d795fa78ee2d6c530bdf1f79559cf91c",
    gaze: "62d9f9ce154379623a4ad4d029b140bfa35227e5f4e5b05178a7aaba8fc01c68",
    glyphs: "3c15c65149e59175ad0887f71caa063fe111bdd64f69505d1c4e7cd4c518e11a",
    icons: "f9da631e8baaec41781e1ab69d476ba61e0a468e0c908745d85f090569c9892a",
    identicon: "4c0ba5ae1693667e1746a88d99440368a978705b705bc43dfd74bd42bfd3b3cb",
    landscape: "bb03318671fcbb5b5bd7f0c92d866495773c4d6faca6632b6c2de34ac9cb094c",
    "line-face": "6637a8e35b30c1e05e1fbeb53141bceb8b3b25c08fca4db25844ff33536e979c",
    loops: "43cd6c3a5177719850ab0ad1f88b03059406ababaacf75db2b5c4947c7ff4f65",
    "lorelei-neutral": "e0cb87a51d6014cb0d062eb831bf09367170f128fe97af1c624d688591425a61",
    lorelei: "1b27c2881ef4ed529fee73285ce80af87e0ca20fc9e760f60affdfe62873d704",
    micah: "d2b9625cb93302417be78c1164638688860ffd9a4551654b7f1f9c7300312ae5",
    miniavs: "5aa872746b1d5d0cc5adfe80725ce30edd72c22c9f652731383d62e94f1f4b5e",
    moods: "8c0aab96df76bb094b1925e88da83556ef2677d27825a399a8f205e4b600024b",
    "notionists-neutral": "331ec75674589acbad2b8618cf4525b3d8496b08566ff88cf2ac0d7a49682f35",
    notionists: "875d7f592a45acbb3375a4a9cd03e853fa2aa6485c719c18bdcfdb5d537179c6",
    "open-peeps": "7b31d8e885a9600e1687e672f580798e06603b11834b98b61f0619d7f7aef3b8",
    patchwork: "28b2e4903aac2b6641836916042a0dd6b98cf8565fb9130565d4fd2cb73896fd",
    personas: "cbdd90591db4c6f8321f6c2f73d98c1c499b66e07e5bf6dc4e777d3642d8c56a",
    "pixel-art-neutral": "35fe341ebb50f2942711d4717fa91776500853ec79460cf28e78bd9e58756ac6",
    "pixel-art": "4861a7298e37b096ccacf749d2641643beb18fff034974150727303476f99784",
    pixelbot: "ef87b1e4a97b8bdf5130e829fdcf9937ffec0cc88d443afea67ae8c3265c3fe9",
    rings: "e3b206366431af57ee3105f830fb4b486e0973e4dfe47c8b962ae586b81e5759",
    shadows: "51af6d762fd57153fe62526bc57cdf38d16af0e5e9b9efa86768f270bf191436",
    "shape-grid": "490de1d000d246ebb414f9ae084f66d4df8a3a0feb8044ce6628ec8873193c05",
    shapes: "6ca5aae99f5e06f54904c6375622d64bc0fd8bf059ebf84fd835542162175202",
    slice: "98d4e3f40133ed4c88d98cea7ae160fe22d8e531f90f5b4198de65c3d95329db",
    sprouts: "93880a91888bd485c6ff6a8eeabec511e8544e42ba318f790d1297b6e734dc39",
    squircles: "cc512cf10b78990a40434fe8154244833659e3cbc56bd22cf759549c07f27883",
    stack: "fa046f6f1e71934ad275150be58bda92dc9badfb1e14aaa5eb92cd973827b95b",
    stripes: "8808136172c0906ec70c24f53b54650d8a0a59273d9ddaa111990ed03488ad9e",
    thumbs: "9d62bd00df67d42bde0ea7b9ec8e4c3281ed8567c4147c0d587f1c9f35ee4279",
    "toon-head": "9e993ee40385c9032a18157600639f6fd4bba97ec5b81e04cc3bdcbd0183fd49",
    triangles: "2896d07098a06ae763160fef1a84186763a9fe6f5db5d024db987d7e2d9fa04f",
    "voxel-art": "029369d89319b742d569e2bfd9284253f55c538599b9a75aa118c53dc97bda99",
    "voxel-bot": "a791b221c7a157654e076ed7d731d9f927bc2480b3971699dde071497bbd6283",
    waves: "dbe66d72428d405c6b3120279594b62a8cb15e64fc6e8e1854ff8c152beb15f0",
    weave: "301562b866d5d579b3fddd7987da7953590faafca13120d283f5134d1c833bc2",
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

  test("has the features, colours and background that were given, and chooses the rest as it would without them", async () => {
    const plain = await portray(ADA);
    const given = {
      features: { glasses: "variant02", beard: "none" },
      colors: { hair: "#A0522D" },
      background: "#102030",
    };
    const { data, svg } = await portray({ ...ADA, ...given });
    expect(data.features).toEqual({ ...plain.data.features, glasses: "variant02" });
    expect(data.colors).toMatchObject({ hair: "#a0522d", background: "#102030" });
    expect(svg).toContain('fill="#a0522d"');
    expect(svg).not.toBe(plain.svg);
  });

  test("on a transparent background has none", async () => {
    const plain = await portray({ ...ADA, style: "thumbs" });
    const { data, svg } = await portray({ ...ADA, style: "thumbs", background: "transparent" });
    expect(plain.svg).toContain(`fill="${plain.data.colors["background"]}"`);
    expect(data.colors).not.toHaveProperty("background");
    expect(svg).not.toContain(`fill="${plain.data.colors["background"]}"`);
  });

  test.each<[string, object, RegExp]>([
    [
      "a part",
      { features: { wings: "big" } },
      /^\/inputs\/features\/wings: is no part of the style; there are: .*glasses/,
    ],
    ["a part that objects inherit", { features: { constructor: "a" } }, /^\/inputs\/features\/constructor: is no part/],
    [
      "a variant",
      { features: { glasses: "round" } },
      /^\/inputs\/features\/glasses: must be none, or one of: variant01/,
    ],
    [
      "a colour",
      { colors: { wings: "#000000" } },
      /^\/inputs\/colors\/wings: is no colour of the style; there are: .*hair/,
    ],
    ["the background among the colours", { colors: { background: "#000000" } }, /^\/inputs\/colors\/background: is no/],
  ])("with %s that its style does not have is refused for nothing", async (_, given, detail) => {
    const outcome = await charPack().run(charOffer.inputs.parse({ ...ADA, ...given }), context());
    expect(outcome).toMatchObject({ kind: "input_rejected", reason_code: "FEATURE_UNKNOWN" });
    expect("detail" in outcome && outcome.detail).toMatch(detail);
  });

  test("is a PNG of its size, too, where that is asked for, and transparent where it has no background", async () => {
    const { data, artifacts } = await portray({ ...ADA, size: 40, png: true, background: "transparent" });
    const image = artifacts[1];
    if (image === undefined || !("base64" in image)) throw new Error("no PNG");
    const bytes = Buffer.from(image.base64, "base64");
    expect(bytes.subarray(0, 8).toString("hex")).toBe(PNG_HEAD);
    // Width, height, bits of a sample, and colours with alpha.
    expect([bytes.readUInt32BE(16), bytes.readUInt32BE(20), bytes[24], bytes[25]]).toEqual([40, 40, 8, 6]);
    expect(data.png).toEqual({
      artifact: "portrait.png",
      sha256: createHash("sha256").update(bytes).digest("hex"),
      bytes: bytes.byteLength,
    });
    expect(image).toMatchObject({ name: "portrait.png", content_type: "image/png" });
    expect((await portray({ ...ADA, size: 40, png: true, background: "transparent" })).data).toEqual(data);
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
    expect(["CC0 1.0", "CC BY 4.0", "MIT"]).toContain(license?.name);
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
    ["a colour in words", { name: "a", colors: { hair: "red" } }, "colors.hair"],
    ["a colour with alpha", { name: "a", background: "#00000000" }, "background"],
    ["a variant that is markup", { name: "a", features: { hair: "<script>" } }, "features.hair"],
    ["a part that is none", { name: "a", features: { __proto__x: "a" } }, "features.__proto__x"],
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
