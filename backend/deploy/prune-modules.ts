import { globSync, rmSync, statSync } from "node:fs";

// Part of the image's build: takes out of node_modules what no process of the product ever reads. Licences stay.
const UNREAD = [
  "node_modules/**/*.map",
  "node_modules/**/*.d.{ts,mts,cts}",
  // Engines of OCR beside the one that `backend/worker/packs/ocr/engine.ts` names.
  "node_modules/tesseract.js-core/tesseract-core{,-lstm,-simd,-relaxedsimd,-relaxedsimd-lstm}.{js,wasm,wasm.js}",
  "node_modules/tesseract.js-core/tesseract-core-simd-lstm.wasm.js",
  "node_modules/tesseract.js/dist/**",
  // Of pdf.js, what shows a page: `backend/worker/packs/document/read-pdf.ts` reads its text.
  "node_modules/pdfjs-dist/{build,web,image_decoders,iccs,wasm}/**",
  "node_modules/pdfjs-dist/legacy/{web,image_decoders}/**",
  "node_modules/pdfjs-dist/legacy/build/{*.min.mjs,pdf.sandbox.mjs}",
  "node_modules/mammoth/{test/**,mammoth.browser*.js}",
  // The larger of the two models of each language.
  "node_modules/@tesseract.js-data/*/4.0.0/**",
];

let bytes = 0;
const files = new Set(UNREAD.flatMap((pattern) => globSync(pattern)).filter((file) => statSync(file).isFile()));
for (const file of files) {
  bytes += statSync(file).size;
  rmSync(file);
}
process.stdout.write(`${files.size} files, ${Math.round(bytes / 1e6)} MB taken out\n`);
