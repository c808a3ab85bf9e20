import { createServer } from "node:net";
import {
  attachSession,
  createRedisCommandExecutor,
  RedisServerState,
  SocketConnectionTransport,
} from "js-redis-server/core";

// The package's own listener binds every interface, so the socket is opened here.
const state = new RedisServerState({ databaseCount: 16 });
const executor = createRedisCommandExecutor({});
const logger = { error: (error: unknown) => console.error(error) };

createServer({ noDelay: true, keepAlive: true }, (socket) => {
  attachSession(new SocketConnectionTransport(socket), {
    state,
    executor,
    logger,
    clientAddress: `${socket.remoteAddress}:${socket.remotePort}`,
  });
}).listen(Number(process.argv[2]), "127.0.0.1");
