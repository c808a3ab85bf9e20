import { AsyncLocalStorage } from "node:async_hooks";
import type { CurrentSpan } from "#core/ports/tracer.ts";

/** The current span of each asynchronous context. */
export const createCurrentSpan = (): CurrentSpan => new AsyncLocalStorage();
