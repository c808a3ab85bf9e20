import { createContext } from "preact";
import { useContext } from "preact/hooks";
import type { Cache } from "../console/polling.ts";
import { type Known, type Query, usePolled } from "../console/query.ts";
import { type About, give, SessionOver } from "./connection.ts";

interface OperatorContext {
  readonly secret: string;
  readonly about: About;
  readonly cache: Cache<Known>;
  readonly end: (why: string) => void;
}

export const OperatorOf = createContext<OperatorContext | undefined>(undefined);

export function useOperator(): OperatorContext {
  const operator = useContext(OperatorOf);
  if (operator === undefined) throw new Error("nobody is signed in");
  return operator;
}

/** What `load` reads, again after `every` milliseconds. */
export function useRead<T>(
  key: string,
  load: (secret: string, signal: AbortSignal) => Promise<T>,
  every?: number,
): Query<T> {
  const { secret, cache, end } = useOperator();
  return usePolled({
    key,
    load: (signal) => load(secret, signal),
    cache,
    of: secret,
    every: () => every,
    onError: (error) => {
      if (error instanceof SessionOver) end(error.message);
    },
  });
}

/** The answer of a command that only reads. */
export const useCommand = <T>(
  command: string,
  given: Readonly<Record<string, string | undefined>> = {},
  every?: number,
): Query<T> =>
  useRead<T>(
    `${command} ${JSON.stringify(given)}`,
    async (secret, signal) => (await give<T>(secret, command, given, { signal })).answer,
    every,
  );
