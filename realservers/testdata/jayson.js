// A server on jayson, for jayson_test.go: node jayson.js <folder of the jayson package> <port>
'use strict';
const jayson = require(process.argv[2]);
const port = Number(process.argv[3]);

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

server.http().listen(port, '127.0.0.1');
