import type { OcrLanguage } from "#core/domain/packs/ocr.ts";
import { serveOutcomes } from "../isolation/serve-outcomes.ts";
import { type Engine, loadEngine } from "./engine.ts";
import { type ImageRequest, readImage } from "./read-image.ts";
import { type ImageToRead, recognize } from "./recognize.ts";

const engines = new Map<OcrLanguage, Engine>();

async function recognizeHere(given: ImageToRead) {
  const engine = engines.get(given.language) ?? (await loadEngine(given.language));
  // An engine that threw may be left in any state: it is kept only when it came through.
  engines.delete(given.language);
  const recognition = recognize(engine, given);
  engines.set(given.language, engine);
  return recognition;
}

serveOutcomes((request: ImageRequest) => readImage(request, recognizeHere));
