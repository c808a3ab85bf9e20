import type { ObjectDeleter, ObjectDownloader, ObjectWriter } from "#core/ports/objects.ts";
import type { SignalReceiver, SignalSender } from "#core/ports/queue.ts";
import type { Call } from "#core/ports/timed.ts";

type Objects = ObjectWriter & ObjectDeleter & ObjectDownloader;

export const timeObjects = (objects: Objects, timed: Call): Objects => ({
  create: (...object) => timed("s3", "create", () => objects.create(...object)),
  head: (key) => timed("s3", "head", () => objects.head(key)),
  download: (key, size_bytes) => timed("s3", "download", () => objects.download(key, size_bytes)),
  delete: (keys) => timed("s3", "delete", () => objects.delete(keys)),
});

/** A receive waits for messages: its time says nothing, its failures do. */
export const timeQueue = (queue: SignalReceiver & SignalSender, timed: Call): SignalReceiver & SignalSender => ({
  receive: (max, wait_seconds, signal) => timed("sqs", "receive", () => queue.receive(max, wait_seconds, signal)),
  hide: (handle, seconds) => timed("sqs", "hide", () => queue.hide(handle, seconds)),
  delete: (handle) => timed("sqs", "delete", () => queue.delete(handle)),
  send: (bodies) => timed("sqs", "send", () => queue.send(bodies)),
});
