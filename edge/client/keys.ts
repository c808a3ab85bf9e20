import { type List, listOf } from "./pages.ts";
import type { Transport } from "./transport.ts";
import type {
  ApiKey,
  ApiKeyPage,
  ApiKeyQuery,
  CallOptions,
  CreateKey,
  NewKey,
  RotatedKey,
  RotateKey,
} from "./types.ts";

const PATH = "/v1/keys";
const pathOf = (key_id: string, rest = ""): string => `${PATH}/${encodeURIComponent(key_id)}${rest}`;

/** API keys; all of it needs the scope `admin`. */
export const keysOf = (transport: Transport) => ({
  list: (query: ApiKeyQuery = {}, options: CallOptions = {}): List<ApiKey, ApiKeyPage> =>
    listOf(transport, PATH, "keys", query, options),

  /** The secret, `api_key`, is in this answer alone. Never sent again: after a ConnectionError, list the keys. */
  create: (body: CreateKey, options: CallOptions = {}): Promise<NewKey> => transport.data("POST", PATH, options, body),

  /** The key's successor. Never sent again: after a ConnectionError, list the keys. */
  rotate: (key_id: string, body: RotateKey = {}, options: CallOptions = {}): Promise<RotatedKey> =>
    transport.data("POST", pathOf(key_id, "/rotate"), options, body),

  revoke: (key_id: string, options: CallOptions = {}): Promise<ApiKey> =>
    transport.data("DELETE", pathOf(key_id), options),
});
export type Keys = ReturnType<typeof keysOf>;
