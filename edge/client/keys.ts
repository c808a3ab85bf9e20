import { type List, listOf } from "./pages.ts";
import { pathTo, type Transport } from "./transport.ts";
import type {
  ApiKey,
  ApiKeyPage,
  ApiKeyQuery,
  CallOptions,
  CreateKey,
  NewKey,
  RotatedKey,
  RotateKey,
  UpdateKey,
} from "./types.ts";

const pathOf = (...parts: readonly string[]): string => pathTo("keys", ...parts);

/** API keys; all of it needs the scope `admin`. */
export const keysOf = (transport: Transport) => ({
  list: (query: ApiKeyQuery = {}, options: CallOptions = {}): List<ApiKey, ApiKeyPage> =>
    listOf(transport, pathOf(), "keys", query, options),

  /** The secret, `api_key`, is in this answer alone. Never sent again: after a ConnectionError, list the keys. */
  create: (body: CreateKey, options: CallOptions = {}): Promise<NewKey> =>
    transport.data("POST", pathOf(), options, body),

  /** Its name or its cap; what is left out stays. */
  update: (key_id: string, body: UpdateKey, options: CallOptions = {}): Promise<ApiKey> =>
    transport.data("PATCH", pathOf(key_id), options, body),

  /** The key's successor. Never sent again: after a ConnectionError, list the keys. */
  rotate: (key_id: string, body: RotateKey = {}, options: CallOptions = {}): Promise<RotatedKey> =>
    transport.data("POST", pathOf(key_id, "rotate"), options, body),

  revoke: (key_id: string, options: CallOptions = {}): Promise<ApiKey> =>
    transport.data("DELETE", pathOf(key_id), options),
});
export type Keys = ReturnType<typeof keysOf>;
