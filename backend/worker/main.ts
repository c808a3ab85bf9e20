import { stopSignal } from "../drivers/stop-signal.ts";

// The first process of a container hears no signal before it listens for it, and the rest takes a second to load.
stopSignal();
await import("./run.ts");
