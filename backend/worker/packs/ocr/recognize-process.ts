import { ocrOffer } from "#core/domain/packs/ocr.ts";
import type { OcrLanguage } from "#core/domain/packs/ocr-limits.ts";
import { serveOutcomes } from "../isolation/serve-outcomes.ts";
import { type Engine, loadEngine } from "./engine.ts";
import { type ImageRequest, readImage } from "./read-image.ts";
import { type ImageToRead, recognize } from "./recognize.ts";

const engines = new Map<OcrLanguage, Engine>();

async function engineOf(language: OcrLanguage): Promise<Engine> {
  const engine = engines.get(language) ?? (await loadEngine(language));
  engines.set(language, engine);
  return engine;
}

async function recognizeHere(given: ImageToRead) {
  const engine = await engineOf(given.language);
  // An engine that threw may be left in any state: it is kept only when it came through.
  engines.delete(given.language);
  const recognition = recognize(engine, given);
  engines.set(given.language, engine);
  return recognition;
}

serveOutcomes(
  ocrOffer,
  (request: ImageRequest) => readImage(request, recognizeHere),
  ({ language }) => engineOf(language),
);
