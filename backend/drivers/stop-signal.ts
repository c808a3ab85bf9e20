let stop: AbortController | undefined;

/** Aborts at the first SIGTERM or SIGINT; the second ends the process at once. The same one whenever it is asked for. */
export function stopSignal(): AbortSignal {
  if (stop !== undefined) return stop.signal;
  const controller = (stop = new AbortController());
  for (const name of ["SIGTERM", "SIGINT"] as const) {
    process.on(name, () => {
      if (controller.signal.aborted) process.exit(1);
      controller.abort();
    });
  }
  return controller.signal;
}
