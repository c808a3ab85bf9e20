import { readFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { join } from "node:path";
import { promisify } from "node:util";
import { gunzip } from "node:zlib";
import type { OcrLanguage } from "#core/domain/packs/ocr-limits.ts";

/** What is used of Tesseract's API, as the WebAssembly build offers it; texts are UTF-8 in JavaScript's strings. */
export interface Tesseract {
  /** 0 when the language is ready. */
  Init(path: null, language: OcrLanguage, engine: number): number;
  SetVariable(name: string, value: string): boolean;
  /** Decodes the file "/input", turns it by EXIF's orientation and then by an angle in radians; 0 when that worked. */
  SetImageFile(orientation: number, radians: number): number;
  FindLines(): number;
  /** How far the lines that were found rise, in radians. */
  GetGradient(): number;
  Recognize(monitor: null): number;
  GetUTF8Text(): string;
  GetTSVText(page: number): string;
  End(): void;
}

interface Core {
  readonly TessBaseAPI: new () => Tesseract;
  readonly FS: { writeFile(path: string, data: Uint8Array): void };
  destroy(object: Tesseract): void;
}

export interface Engine {
  /** Uses a fresh instance for one image, so that nothing of another image is left in it. */
  withImage<T>(image: Uint8Array, use: (tesseract: Tesseract) => T): T;
}

const LSTM_ONLY = 1;
/** Plain SIMD: what the relaxed one computes may differ from processor to processor. */
const CORE = "tesseract.js-core/tesseract-core-simd-lstm";
/** The integer form of the best models. */
const MODELS = "4.0.0_best_int";

const require = createRequire(import.meta.url);

const LANGUAGES: Readonly<Record<OcrLanguage, string>> = {
  eng: require.resolve("@tesseract.js-data/eng/package.json"),
};

async function languageData(language: OcrLanguage): Promise<Uint8Array> {
  const home = join(LANGUAGES[language], "..");
  return promisify(gunzip)(await readFile(join(home, MODELS, `${language}.traineddata.gz`)));
}

async function loadCore(): Promise<Core> {
  const load = createRequire(require.resolve("tesseract.js"))(CORE) as (options: object) => Promise<Core>;
  const silent = () => undefined;
  return load({ TesseractProgress: silent, print: silent, printErr: silent });
}

/** Loads the engine and its language from the packages that came with it; it reaches no network. */
export async function loadEngine(language: OcrLanguage): Promise<Engine> {
  const [core, data] = await Promise.all([loadCore(), languageData(language)]);
  core.FS.writeFile(`${language}.traineddata`, data);
  return {
    withImage(image, use) {
      const tesseract = new core.TessBaseAPI();
      if (tesseract.Init(null, language, LSTM_ONLY) !== 0) throw new Error("the engine takes no language data");
      core.FS.writeFile("/input", image);
      const used = use(tesseract);
      tesseract.End();
      core.destroy(tesseract);
      return used;
    },
  };
}
