import { ocrOffer } from "#core/domain/packs/ocr.ts";
import { serveOutcomes } from "../isolation/serve-outcomes.ts";
import { type Core, loadCore, loadEngine } from "./engine.ts";
import { type ImageRequest, readImage } from "./read-image.ts";
import { type ImageToRead, recognize } from "./recognize.ts";

let core: Core | undefined;

async function engineOf({ languages }: Pick<ImageToRead, "languages">) {
  core ??= await loadCore();
  return loadEngine(languages, core);
}

async function recognizeHere(given: ImageToRead) {
  const engine = await engineOf(given);
  const used = core;
  // A core that threw may be left in any state: it is kept only when it came through.
  core = undefined;
  const recognition = recognize(engine, given);
  core = used;
  return recognition;
}

serveOutcomes(ocrOffer, (request: ImageRequest) => readImage(request, recognizeHere), engineOf);
