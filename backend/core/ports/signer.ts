export interface Signer {
  /** A compact JWS (RFC 7515) over the payload's UTF-8, whose header bears this `typ`. The same payload gives the same. */
  sign(payload: string, typ: string): Promise<string>;
}
