// A server on jayson, for its tests: node jayson.js <folder of the jayson package> <transport> <port> [<cert> <key>]
'use strict';
const fs = require('fs');
const [folder, transport, port, cert, key] = process.argv.slice(2);
const jayson = require(folder);
const host = '127.0.0.1';

const numbers = (params) => Array.isArray(params) && params.every((n) => typeof n === 'number');

const server = new jayson.Server({
  add(params, callback) {
    if (!numbers(params)) {
      return callback({ code: -32602, message: 'numbers wanted', data: { got: params } });
    }
    callback(null, params.reduce((sum, n) => sum + n, 0));
  },
  echo(params, callback) {
    callback(null, params);
  },
  fail(params, callback) {
    callback({ code: 1000, message: 'no good', data: [1, 2] });
  },
  nothing(params, callback) {
    callback(null, null);
  },
});

if (transport === 'websocket') {
  server.websocket({ host, port: Number(port) });
} else {
  const options = transport === 'tls' ? { cert: fs.readFileSync(cert), key: fs.readFileSync(key) } : undefined;
  server[transport](options).listen(Number(port), host);
}
