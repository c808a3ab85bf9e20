import type { OcrLanguage } from "#core/domain/packs/ocr.ts";
import { serve } from "../isolation/serve.ts";
import { type Engine, loadEngine } from "./engine.ts";
import { type ImageToRead, recognize } from "./recognize.ts";

const engines = new Map<OcrLanguage, Engine>();

serve(async (given: ImageToRead) => {
  const engine = engines.get(given.language) ?? (await loadEngine(given.language));
  // An engine that threw may be left in any state: it is kept only when it came through.
  engines.delete(given.language);
  const recognition = recognize(engine, given);
  engines.set(given.language, engine);
  return recognition;
});
