// Inside the stand-in image of Postgres: what the official image's entry point and `pg_isready` do for compose.yaml.
import { spawn, spawnSync } from "node:child_process";
import { existsSync, writeFileSync } from "node:fs";
import { connect } from "node:net";

const BIN = "/usr/lib/postgresql/bin";
const DATA = "/var/lib/postgresql/data/pgdata";
const { POSTGRES_USER: user = "", POSTGRES_PASSWORD: password = "", POSTGRES_DB: database = "" } = process.env;

function must(program, args, input) {
  const { status } = spawnSync(`${BIN}/${program}`, args, { input, stdio: ["pipe", "inherit", "inherit"] });
  if (status !== 0) process.exit(1);
}

function serve() {
  if (!existsSync(`${DATA}/PG_VERSION`)) {
    writeFileSync("/tmp/password", password, { mode: 0o600 });
    must("initdb", [
      "-D",
      DATA,
      "-U",
      user,
      "--pwfile=/tmp/password",
      "--auth=scram-sha-256",
      "--encoding=UTF8",
      "--no-locale",
      "--no-sync",
    ]);
    writeFileSync(`${DATA}/pg_hba.conf`, "host all all all scram-sha-256\n");
    must("postgres", ["--single", "-D", DATA, "postgres"], `CREATE DATABASE ${database}\n`);
  }
  const server = spawn(`${BIN}/postgres`, ["-D", DATA, "-c", "listen_addresses=*", "-c", "unix_socket_directories="], {
    stdio: "inherit",
  });
  for (const name of ["SIGINT", "SIGTERM"]) process.on(name, () => server.kill("SIGINT"));
  server.on("exit", (code) => process.exit(code ?? 1));
}

// A start-up message that a server which takes connections answers with what it wants for a password.
function ask() {
  const text = Buffer.from(`user\0${user}\0database\0${database}\0\0`);
  const head = Buffer.alloc(8);
  head.writeInt32BE(text.length + 8, 0);
  head.writeInt32BE(196_608, 4);
  const socket = connect(5432, "127.0.0.1", () => socket.write(Buffer.concat([head, text])));
  socket.on("error", () => process.exit(1));
  socket.on("data", ([first]) => process.exit(first === "R".charCodeAt(0) ? 0 : 1));
  socket.setTimeout(3_000, () => process.exit(1));
}

if (process.argv[2] === "pg_isready") ask();
else serve();
