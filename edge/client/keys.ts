import { List } from "./pages.ts";
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
export class Keys {
  readonly #transport: Transport;

  constructor(transport: Transport) {
    this.#transport = transport;
  }

  list(query: ApiKeyQuery = {}, options: CallOptions = {}): List<ApiKey, ApiKeyPage> {
    return new List<ApiKey, ApiKeyPage>(this.#transport, PATH, ({ keys }) => keys, query, options);
  }

  /** The secret, `api_key`, is in this answer alone. Never sent again: after a ConnectionError, list the keys. */
  async create(body: CreateKey, options: CallOptions = {}): Promise<NewKey> {
    return (await this.#transport.send<NewKey>({ method: "POST", path: PATH, body, ...options })).data;
  }

  /** The key's successor. Never sent again: after a ConnectionError, list the keys. */
  async rotate(key_id: string, body: RotateKey = {}, options: CallOptions = {}): Promise<RotatedKey> {
    const path = pathOf(key_id, "/rotate");
    return (await this.#transport.send<RotatedKey>({ method: "POST", path, body, ...options })).data;
  }

  async revoke(key_id: string, options: CallOptions = {}): Promise<ApiKey> {
    return (await this.#transport.send<ApiKey>({ method: "DELETE", path: pathOf(key_id), ...options })).data;
  }
}
