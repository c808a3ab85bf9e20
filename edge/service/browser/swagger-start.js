// Runs in the page of `/docs`, beside Swagger UI.
const HEADER = "Idempotency-Key";
/** What the document has as the example of the header, and the page fills in. */
const EXAMPLE = "order-A-1-first";

/** Each try of the filled-in example is a piece of work of its own; a key that somebody typed is sent as it is. */
function withOwnKey(request) {
  if (request.headers?.[HEADER] === EXAMPLE) {
    const bytes = globalThis.crypto.getRandomValues(new Uint8Array(16));
    request.headers[HEADER] = `try-${Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("")}`;
  }
  return request;
}

/** Swagger UI is dark where this class says so. */
const dark = globalThis.matchMedia("(prefers-color-scheme: dark)");
const follow = () => globalThis.document.documentElement.classList.toggle("dark-mode", dark.matches);
dark.addEventListener("change", follow);
follow();

globalThis.SwaggerUIBundle({
  url: "/openapi.json",
  dom_id: "#swagger-ui",
  deepLinking: true,
  displayRequestDuration: true,
  defaultModelsExpandDepth: 0,
  validatorUrl: null,
  requestInterceptor: withOwnKey,
});
