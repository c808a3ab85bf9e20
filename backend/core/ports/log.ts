type Fields = Readonly<Record<string, unknown>>;

/** Structured lines. Never a secret, never an input or a result. */
export interface Log {
  info(message: string, fields?: Fields): void;
  warn(message: string, fields?: Fields): void;
  error(message: string, fields?: Fields): void;
  child(fields: Fields): Log;
}
