import { channel } from "node:diagnostics_channel";

/** What a pool of work processes publishes to its subscribers. */
export type PoolEvent = { readonly pool: string } & (
  | { readonly kind: "used"; readonly busy: number; readonly waiting: number; readonly size: number }
  /** A process ended at work. */
  | { readonly kind: "ended"; readonly reason: string }
);

const CHANNEL = channel("dpp:work-processes");

export const publishPool = (event: PoolEvent): void => CHANNEL.publish(event);

/** Calls back for each event from now on. */
export const subscribeToPools = (onEvent: (event: PoolEvent) => void): void =>
  CHANNEL.subscribe((event) => onEvent(event as PoolEvent));
