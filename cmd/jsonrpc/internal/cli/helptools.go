package cli

// The texts of --help of commands that do more with a server than to call it: tell
// of its methods, measure it, try it out. As those in helptext.go they are run.

const listHelp = `Lists the methods of a server, by its own description: an OpenRPC document
(rpc.discover), or else what system.listMethods, rpc_modules, the tools of an MCP
server or the capabilities of a language server tell. The description is kept for a
day; of one that was kept, its age is shown on stderr.

EXAMPLES
  $ jsonrpc list demo:
  ping          Answers pong.
  cat           Makes the sound of a cat, who may have a name.
  dog           Makes the sound of a dog, who may have a name.
  cube          Multiplies a number with itself, twice.
  sum           Adds numbers.
  subtract      Subtracts one number from another.
  echo          Returns its params as they came.
  sleep         Answers after some time.
  fail          Answers with the error that it is asked for.
  rpc.discover  Returns this document.

  jsonrpc list --via mcp exec: -- npx some-mcp-server
  jsonrpc list --schema https://node.example/openrpc.json
`

const describeHelp = `Shows what is known of a method: how it is called, its params and their members with
types, defaults and meanings, its result, its errors, and examples. After --schema
the TARGET can be left out.

EXAMPLES
  $ jsonrpc describe demo: cat | head -1
  cat(name?: string) → "meow"

  jsonrpc describe --json @mainnet eth_getLogs | jq .params
`

const templateHelp = `Prints params of a method to fill in, by position or by name as the description says:
the values of an example, or else some that keep to the schemas. It is what --params
takes.

EXAMPLES
  $ jsonrpc template demo: subtract
  [42,23]

  $ jsonrpc template demo: subtract | jsonrpc demo: subtract --params @-
  19
`

const docsHelp = `Writes documentation of all methods of a server as Markdown or, by --html, as one
page that can be read anywhere: no scripts but its own, nothing loaded, light and
dark. After --schema the TARGET can be left out.

EXAMPLES
  $ jsonrpc docs demo: | head -1
  # Demo

  jsonrpc docs --html @mainnet > mainnet.html
  jsonrpc docs --schema openrpc.json > API.md
`

const benchHelp = `Calls METHOD again and again, measures how long each call takes and prints the
distribution, the calls a second and the errors by kind.

Without --rate it is a closed loop: --concurrency callers, each of which makes its next
call when its last one is answered. A server that stalls is then called less while it
stalls, and the report hides the stall. With --rate it is an open loop: calls are due
at even intervals, whatever the server does, and the time of a call counts from when it
was due.

Errors are counted by what the server said (error -32000), by HTTP's status (HTTP 503)
or by what went wrong (timeout, broken, unreachable …); their times count as others do.
An interrupt ends the run and prints what was measured.

With --compare two servers are called in turns, and the report says whether their
difference is more than chance: less likely than one in a hundred.

EXAMPLES
  $ jsonrpc bench --count 2000 demo: cat name=Mittens | grep -o 'errors.*'
  errors       none

  jsonrpc bench --rate 500/s --duration 1m --html report.html @mainnet eth_blockNumber
  jsonrpc bench --compare http://new.example http://old.example ping
`

const bulkHelp = `Reads calls, a line of JSON each, and writes what came of each as a line of JSON, in
the order of the calls:

  {"method": "cat", "params": {"name": "Mittens"}, "id": "a"}
  {"jsonrpc":"2.0","result":"meow","id":"a"}

Without an id the outcome has the number of the line. A call without a response has a
failure instead of result and error:

  {"failure":{"class":"timeout","message":"…","sent":true},"id":7}

With --csv the columns of the input, named in its first line, are the params of
METHOD: texts, or JSON where the name ends in :=. Memory is bounded however many calls
there are.

With --output the run can be continued by the same command with --resume, however it
ended: each call gets one outcome. A file beside the output, FILE.checkpoint, says
which calls may have been under way when it was cut; those are made again if
--idempotent says that this does no harm, and are failures of the class unknown
otherwise.

An interrupt waits for the calls under way; a second one does not.

EXAMPLES
  $ printf '%s\n' '{"method":"cube","params":[3]}' '{"method":"ping","id":"p"}' |
  >   jsonrpc bulk -q demo:
  {"jsonrpc":"2.0","result":27,"id":1}
  {"jsonrpc":"2.0","result":"pong","id":"p"}

  $ printf 'minuend:=,subtrahend:=\n42,23\n10,3\n' | jsonrpc bulk -q --csv demo: subtract
  {"jsonrpc":"2.0","result":19,"id":2}
  {"jsonrpc":"2.0","result":7,"id":3}

  jsonrpc bulk --input calls.ndjson --output results.ndjson --batch 100 --rate 50/s @mainnet
  jsonrpc bulk --resume --input calls.ndjson --output results.ndjson @mainnet
`

const doctorHelp = `Tries a server out and prints a report: which of some twenty rules of JSON-RPC 2.0 it
keeps, how large batches may be, whether it compresses, how long calls take. It calls
a method that no server has, and METHOD if one is given, which should do no harm:
the report then says more.

EXAMPLES
  $ jsonrpc doctor --max-batch 100 demo: ping | grep -e checks -e batches
  checks       22 of 22
  batches      of 100 requests and perhaps more

  jsonrpc doctor wss://node.example eth_chainId
`

const importHelp = `Turns a command line of curl, as manuals show it and browsers copy it, into one of
this command: write jsonrpc import in front of it. It can be one word, in quotes, or
come from stdin with @-. Nothing is sent.

EXAMPLES
  $ jsonrpc import curl -s -d '{"jsonrpc":"2.0","method":"cat","params":{"name":"Mittens"},"id":1}' localhost:5000
  jsonrpc http://localhost:5000 cat name=Mittens

  $ jsonrpc import curl -k https://node.example -H 'X-Team: pets' --json '[{"jsonrpc":"2.0","method":"ping","id":1}]'
  jsonrpc send --header 'X-Team: pets' --insecure https://node.example '[{"jsonrpc":"2.0","method":"ping","id":1}]'
`
