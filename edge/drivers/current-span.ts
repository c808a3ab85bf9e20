import { AsyncLocalStorage } from "node:async_hooks";
import type { CurrentSpan } from "#core/ports/tracer.ts";

/** The current span of each asynchronous context; the compatibility flag `nodejs_als` brings the module. */
export const createCurrentSpan = (): CurrentSpan => new AsyncLocalStorage();
