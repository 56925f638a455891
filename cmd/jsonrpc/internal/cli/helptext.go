package cli

import "strings"

// The texts of --help. Each "$" line in them is run by a test, which compares
// what it prints with what is written below it.

const callHelp = `Calls METHOD on the JSON-RPC 2.0 server at TARGET and prints the result, or
sends a message of your own, a batch, listens, or serves a demo: see COMMANDS.

TARGET
  http://HOST:PORT/PATH    a URL, or https://…; user and password can be in it
  HOST:PORT[/PATH]         the same with http://
  ws://…, wss://…          a WebSocket
  tcp://HOST:PORT, tls://…, unix:///PATH
                           a stream; --framing says how messages are told apart
  zmq+tcp://HOST:PORT      ZeroMQ: a REP or ROUTER socket; zmq+ipc:///PATH
  nats://HOST:PORT/SUBJECT NATS: the servers behind a subject, also nats+tls://;
                           nats-sub://… listens to what is published on it
  exec:'COMMAND ARG…'      the same on stdin and stdout of a child process
  exec:                    the same, with the command after --, all of what
                           follows: jsonrpc exec: METHOD [PARAM…] -- gopls serve
  demo:                    a server inside of this command, to try things on
  @NAME                    the TARGET and flags of a profile: see jsonrpc profile

PARAM
  NAME=TEXT                by name, a text
  NAME:=JSON               by name, JSON: a number, true, null, [1,2], {"a":1}
  NAME=@FILE               by name, the text of a file; @- is stdin
  NAME:=@FILE              by name, the JSON of a file
  NAME=@@TEXT              by name, a text that begins with @
  WORD                     by position: JSON if it is JSON, otherwise a text

  The first = or := splits. Params by name after others by position travel in an
  object at the end. A WORD that is JSON is by position whatever it holds, so
  '"a=b"' (with the double quotes) is the text a=b, and '"42"' the text 42.
  Numbers keep every digit. A negative number is never a flag; other PARAMs that
  begin with a hyphen come after --, as does anything that is no flag, or after
  the TARGET exec: in --params.

EXAMPLES
  $ jsonrpc demo: cat name=Mittens
  "meow"

  $ jsonrpc demo: subtract 42 -23
  65

  $ jsonrpc demo: echo Foo '"a=b"' age:=42 tags:='["x", null]'
  ["Foo","a=b",{"age":42,"tags":["x",null]}]

  $ jsonrpc demo: echo --raw --params '["no quotes"]' | jsonrpc demo: echo text=@-
  {"text":"[\"no quotes\"]\n"}

  $ jsonrpc --filter '.[1].tags[]' --raw demo: echo Foo tags:='["x", "y"]'
  x
  y

  $ jsonrpc --dry-run --id abc demo: cat name=Mittens
  {"jsonrpc":"2.0","method":"cat","params":{"name":"Mittens"},"id":"abc"}

  $ jsonrpc --envelope demo: ping
  {"jsonrpc":"2.0","result":"pong","id":1}

  $ jsonrpc send demo: '{"jsonrpc": "2.0", "method": "ping", "id": 7}'
  "pong"

  $ printf 'cube 3\ncat name=Mittens\n' | jsonrpc batch demo:
  {"jsonrpc":"2.0","result":27,"id":1}
  {"jsonrpc":"2.0","result":"meow","id":2}
`

const outputHelp = `OUTPUT
  stdout has the result and nothing else: indented and coloured on a terminal,
  one line of compact JSON otherwise. All else is on stderr. Characters that
  would command the terminal are written out, as \u001b.

CREDENTIALS
  Anybody on the machine can see arguments. So that no secret need be one, the
  values of --header, --user, --bearer, --secret and the key of --hmac can be
  @FILE, @- (stdin) or env:NAME, an environment variable; @@ stands for an @ at
  their beginning.
`

const environmentHelp = `ENVIRONMENT
  JSONRPC_CONFIG                the config file, see jsonrpc profile --help
  JSONRPC_CACHE                 the folder for what servers say of themselves (default:
                                jsonrpc where the platform keeps such files)
  JSONRPC_USER, JSONRPC_BEARER  what --user and --bearer are for any TARGET
                                without credentials of its own
  HTTP_PROXY, HTTPS_PROXY, NO_PROXY  the proxy, unless --proxy is given
  NO_COLOR, CLICOLOR_FORCE      no colours; colours even into a pipe
`

const sendHelp = `Sends a JSON text exactly as it is: a request, a notification or a batch of them,
of whatever version of JSON-RPC. Without one, or with @-, it comes from stdin.

Of a request it prints the result; of a batch it prints the responses, in the
order of the requests, each on a line of its own.

EXAMPLES
  $ jsonrpc send demo: '{"jsonrpc":"2.0","method":"sum","params":[1,2.5],"id":"x"}'
  3.5

  $ echo '{"jsonrpc":"2.0","method":"ping","id":1}' | jsonrpc send --envelope demo:
  {"jsonrpc":"2.0","result":"pong","id":1}

  $ jsonrpc send demo: '[{"jsonrpc":"2.0","method":"ping","id":1}]'
  {"jsonrpc":"2.0","result":"pong","id":1}
`

const batchHelp = `Reads requests from stdin, a line each, and sends them as one batch. A line is

  METHOD [PARAM…]   as for a single call, see jsonrpc --help, with 'quotes',
                    "quotes" and \ as in a shell
  {JSON}            a request or, without an id, a notification, as it is

Empty lines and lines that begin with # are skipped. Instead of lines, stdin can
hold one JSON text: an array of requests.

It prints the responses in the order of the requests, whatever order they came
in, each as compact JSON on a line of its own (on a terminal: indented). If some
are errors, it ends with code 7.

EXAMPLES
  $ printf 'cube 3\nsubtract minuend:=42 subtrahend:=23\n' | jsonrpc batch demo:
  {"jsonrpc":"2.0","result":27,"id":1}
  {"jsonrpc":"2.0","result":19,"id":2}

  $ jsonrpc batch --ids hex demo: <<'END'
  > # the second line is a notification
  > echo 'two words' "\"a=b\"" 12345678901234567890
  > {"jsonrpc": "2.0", "method": "cat", "params": ["Mittens"]}
  > END
  {"jsonrpc":"2.0","result":["two words","a=b",12345678901234567890],"id":"1"}
`

const listenHelp = `Prints the notifications that a server sends, each as compact JSON on a line of
its own, {"method":…,"params":…}, until it is interrupted (code 130). TARGET is a
stream: ws, wss, tcp, tls, unix, exec, zmq+tcp, or nats-sub, which only listens.
With METHOD it calls that first, to ask for them; the result is shown by -v.
Requests of the server's are answered with the error that there is no such method.

When the connection ends it is made again, METHOD is called again, and a warning
on stderr says from when to when notifications may be missing. A child process
is started again.

EXAMPLES
  $ jsonrpc listen --count 1 exec: -- echo '{"jsonrpc":"2.0","method":"tick","params":[1]}'
  {"method":"tick","params":[1]}

  jsonrpc listen --data --filter .hash --raw wss://node.example eth_subscribe newHeads
  jsonrpc listen --only aria2.onDownloadComplete ws://localhost:6800/jsonrpc
  jsonrpc listen --jsonrpc 1.0 --framing bare unix:///run/openvswitch/db.sock \
      monitor Open_vSwitch null '{"Bridge":{}}'
`

// replSyntax is what can be written at the prompt.
const replSyntax = `METHOD [PARAM…]        call a method; PARAMs as for a single call
!METHOD [PARAM…]       send a notification, to which no response is due
{JSON} or [JSON]       send a message of your own, exactly as it is
… | EXPR               print what this expression of jq makes of the result
| EXPR                 the same with the last result
_                      the last result: alone, as a PARAM, in NAME:=_ and in EXPR
# …                    a comment
.help                  the commands: .list, .describe METHOD, .filter, .arrows, .time …
`

var replHelp = `Calls one method after the other over one connection. At a terminal lines are edited,
completed and kept: Tab completes methods, params and values as the server describes
them, arrows and Ctrl-R find earlier lines, Ctrl-C ends the call that is under way, and
Ctrl-D ends all. What the server sends of its own accord is shown as it comes, and when
the connection was made again, that is told.

A line is one of these, and PARAMs can have 'quotes' as in a shell, but {…} and […]
need none:

` + "  " + strings.ReplaceAll(strings.TrimSuffix(replSyntax, "\n"), "\n", "\n  ") + `

An open quote or bracket goes on in the next line. Lines are kept in the file history of
the cache, which only you can read; those that begin with a blank or seem to hold a
secret are not.

Without a terminal stdin is a script of such lines: results go to stdout, a line that
fails ends nothing, and the exit code is that of the first failure.

EXAMPLES
  $ printf 'cube 3\necho a:=_ b:={"c": [1, 2]} | .b.c[1]\n' | jsonrpc repl demo:
  27
  2

  jsonrpc repl @mainnet
  jsonrpc repl exec: --framing header -- gopls serve
`

const bashCompletionHelp = `Prints the script that completes commands, flags, targets, methods and params in bash,
from version 3.2 on:

  source <(jsonrpc completion bash)            in this shell
  jsonrpc completion bash > /etc/bash_completion.d/jsonrpc
                                               in each, with bash-completion
`

const manHelp = `Writes a manual page for each command into FOLDER, which is made if it is not there:
jsonrpc.1, jsonrpc-send.1 and so on. They say what --help says. Their date is that of
the version, or SOURCE_DATE_EPOCH.

EXAMPLES
  jsonrpc man ~/.local/share/man/man1
  man jsonrpc-listen
`

const explicitCallHelp = `Calls METHOD on the server at TARGET and prints the result: see jsonrpc --help. The
word call is needed only where METHOD is the name of a command and no TARGET stands
before it:

  jsonrpc call --profile mainnet version
`

const profileHelp = `A profile is a server with all that it takes to call it, under a name. With it the
TARGET is @NAME, or is left out after --profile NAME:

  jsonrpc @mainnet eth_blockNumber
  jsonrpc --profile mainnet eth_blockNumber

Profiles stand in the config file, config.toml in the folder jsonrpc where the
platform keeps such files (~/.config, ~/Library/Application Support, %AppData%):

  [profile.mainnet]
  target  = "https://node.example/v3/${NODE_KEY}"
  bearer  = { command = ["pass", "show", "node"] }
  header  = { X-Team = "pets", X-Key = "env:NODE_KEY" }
  timeout = "10s"
  strict  = true

  [profile.editor]
  target  = "exec:gopls serve"
  framing = "header"

Keys are target and the names of flags: those that --help shows under description,
credentials and connection, and jsonrpc and ids. A flag on the command line counts
more; headers of both are sent.

SECRETS
  env:NAME                       an environment variable, for credentials and targets
  @FILE                          a file, for credentials
  { command = ["PROGRAM", …] }   the first line that a program prints
  ${NAME}                        an environment variable within a target
`

const demoHelp = `Serves over HTTP what the TARGET demo: answers in the command itself, until it
is interrupted (code 130). Its URL is printed on stderr.

METHODS
  ping                          "pong"
  cat [name]                    "meow"
  dog [name]                    "woof"
  cube n                        n³, to the last digit
  sum numbers…                  their sum
  subtract minuend subtrahend   their difference
  echo …                        its params
  sleep seconds                 the seconds, once they are over
  fail [code] [message] [data]  that error
  rpc.discover                  all this as an OpenRPC document

EXAMPLES
  jsonrpc demo --listen 127.0.0.1:5000 &
  jsonrpc 127.0.0.1:5000 cat name=Mittens
`
