import { isIP, isIPv6, type LookupFunction, Socket } from "node:net";

interface Destination {
  readonly host?: string;
  readonly lookup?: LookupFunction;
}

const LOOPBACK = /^(127\.|0\.|::$|::1$|::ffff:(127\.|7f))/;

/** The addresses that a socket with these options would try. */
async function addressesOf({ host = "127.0.0.1", lookup }: Destination): Promise<readonly string[]> {
  if (isIP(host) !== 0 || lookup === undefined) return [host];
  return new Promise((resolve, reject) => {
    lookup(host, { all: true }, (error, found) => {
      if (error !== null) reject(error);
      else resolve(typeof found === "string" ? [found] : found.map(({ address }) => address));
    });
  });
}

export interface ClosedNetwork extends Disposable {
  /** Where sockets wanted to go, loopback aside; whoever looks may empty it. */
  readonly attempts: string[];
}

/**
 * From here on no socket of this process, TLS or not, gets beyond loopback: it is refused and remembered. So a broken
 * guard fails its test and sends nobody a packet.
 */
export function closeNetwork(): ClosedNetwork {
  const attempts: string[] = [];
  const { connect } = Socket.prototype;
  Socket.prototype.connect = function refuseOutside(this: Socket, ...args: unknown[]): Socket {
    const [first] = args;
    const destination = (Array.isArray(first) ? first[0] : first) as Destination;
    void addressesOf(destination).then((addresses) => {
      const outside = addresses.filter((address) => !LOOPBACK.test(address));
      if (outside.length === 0) return Reflect.apply(connect, this, args);
      attempts.push(...outside.map((address) => (isIPv6(address) ? `[${address}]` : address)));
      return this.destroy(Object.assign(new Error("beyond loopback"), { code: "ECONNREFUSED" }));
    });
    return this;
  };
  return {
    attempts,
    [Symbol.dispose]: () => {
      Socket.prototype.connect = connect;
    },
  };
}
