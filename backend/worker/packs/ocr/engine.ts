import { readFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { join } from "node:path";
import { promisify } from "node:util";
import { gunzip } from "node:zlib";
import type { OcrLanguage } from "#core/domain/packs/ocr-limits.ts";
import { fromPng, type Picture } from "./picture.ts";

/** What is used of Tesseract's API, as the WebAssembly build offers it; texts are UTF-8 in JavaScript's strings. */
export interface Tesseract {
  /** 0 when the languages, joined by +, are ready. */
  Init(path: null, languages: string, engine: number): number;
  SetVariable(name: string, value: string): boolean;
  /** Decodes the file "/input", turns it by EXIF's orientation and then by an angle in radians; 0 when that worked. */
  SetImageFile(orientation: number, radians: number): number;
  /** Writes the image to "/image.png". */
  WriteImage(kind: typeof GREY): void;
  FindLines(): number;
  /** How far the lines that were found rise, in radians. */
  GetGradient(): number;
  Recognize(monitor: null): number;
  GetUTF8Text(): string;
  GetTSVText(page: number): string;
  End(): void;
}

export interface Core {
  readonly TessBaseAPI: new () => Tesseract;
  readonly FS: {
    writeFile(path: string, data: Uint8Array): void;
    readFile(path: string): Uint8Array;
    unlink(path: string): void;
  };
  destroy(object: Tesseract): void;
  /** The languages whose models are in its file system, the oldest first. */
  readonly models: Set<OcrLanguage>;
}

export interface Engine {
  /** Uses a fresh instance for one image, so that nothing of another image is left in it. */
  withImage<T>(image: Uint8Array, use: (tesseract: Tesseract) => T): T;
  /** The image in levels of grey, turned by EXIF's orientation; undefined when it cannot be decoded. */
  decode(image: Uint8Array, orientation: number): Picture | undefined;
}

const LSTM_ONLY = 1;
const GREY = 1;
/** Plain SIMD: what the relaxed one computes may differ from processor to processor. */
const CORE = "tesseract.js-core/tesseract-core-simd-lstm";
/** The integer form of the best models. */
const MODELS = "4.0.0_best_int";

const require = createRequire(import.meta.url);

/** No package has the Russian model, which is in `models`. Literal names, by which the packages' users are found. */
const PACKAGES: Readonly<Record<Exclude<OcrLanguage, "rus">, () => string>> = {
  eng: () => require.resolve("@tesseract.js-data/eng/package.json"),
  deu: () => require.resolve("@tesseract.js-data/deu/package.json"),
  fra: () => require.resolve("@tesseract.js-data/fra/package.json"),
  spa: () => require.resolve("@tesseract.js-data/spa/package.json"),
  ita: () => require.resolve("@tesseract.js-data/ita/package.json"),
  por: () => require.resolve("@tesseract.js-data/por/package.json"),
  nld: () => require.resolve("@tesseract.js-data/nld/package.json"),
  pol: () => require.resolve("@tesseract.js-data/pol/package.json"),
  chi_sim: () => require.resolve("@tesseract.js-data/chi_sim/package.json"),
  jpn: () => require.resolve("@tesseract.js-data/jpn/package.json"),
};
/** So many models a core keeps; of others the oldest goes. */
const KEPT_MODELS = 4;

async function languageData(language: OcrLanguage): Promise<Uint8Array> {
  const file =
    language === "rus"
      ? new URL("./models/rus.traineddata.gz", import.meta.url)
      : join(PACKAGES[language](), "..", MODELS, `${language}.traineddata.gz`);
  return promisify(gunzip)(await readFile(file));
}

/** Loads the engine from the package that came with it; it reaches no network. */
export async function loadCore(): Promise<Core> {
  const load = createRequire(require.resolve("tesseract.js"))(CORE) as (
    options: object,
  ) => Promise<Omit<Core, "models">>;
  const silent = () => undefined;
  return { ...(await load({ TesseractProgress: silent, print: silent, printErr: silent })), models: new Set() };
}

const fileOf = (language: OcrLanguage) => `${language}.traineddata`;

async function addModels(core: Core, languages: readonly OcrLanguage[]): Promise<void> {
  for (const language of languages) {
    if (!core.models.has(language)) core.FS.writeFile(fileOf(language), await languageData(language));
    core.models.delete(language);
    core.models.add(language);
  }
  for (const old of [...core.models].slice(0, -KEPT_MODELS)) {
    core.FS.unlink(fileOf(old));
    core.models.delete(old);
  }
}

/** An engine that reads text in any of the languages. */
export async function loadEngine(languages: readonly OcrLanguage[], core?: Core): Promise<Engine> {
  const loaded = core ?? (await loadCore());
  await addModels(loaded, languages);
  return engineOf(loaded, languages.join("+"));
}

function engineOf(core: Core, languages: string): Engine {
  function withImage<T>(image: Uint8Array, use: (tesseract: Tesseract) => T): T {
    const tesseract = new core.TessBaseAPI();
    if (tesseract.Init(null, languages, LSTM_ONLY) !== 0) throw new Error("the engine takes no language data");
    core.FS.writeFile("/input", image);
    const used = use(tesseract);
    tesseract.End();
    core.destroy(tesseract);
    return used;
  }
  return {
    withImage,
    decode: (image, orientation) =>
      withImage(image, (tesseract) => {
        if (tesseract.SetImageFile(orientation, 0) !== 0) return undefined;
        tesseract.WriteImage(GREY);
        const png = core.FS.readFile("/image.png");
        core.FS.unlink("/image.png");
        return fromPng(png);
      }),
  };
}
