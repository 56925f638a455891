"""A JSON-RPC server on a libzmq socket, for the tests.

It prints its endpoint once it is bound, and ends when its standard input does.

add      the sum of the params
echo     the params
hold     the params, on REP after a line on standard input, on ROUTER after "release"
release  null, and then the answers that are held
seen     the methods of all notifications so far

REP answers a notification with an empty message, because it must; ROUTER does
not. BARE is a ROUTER that expects no delimiter and sends none: it would take the
delimiter for the message.
"""

import argparse
import json
import os
import sys
import threading

import zmq
import zmq.auth.thread

seen = []
lines = threading.Semaphore(0)


def read_stdin():
    for _ in sys.stdin:
        lines.release()
    os._exit(0)


def respond(request):
    """Returns the response to one request, None to a notification."""
    method, params = request["method"], request.get("params", [])
    if "id" not in request:
        seen.append(method)
        return None
    response = {"jsonrpc": "2.0", "id": request["id"]}
    if method == "add":
        response["result"] = sum(params)
    elif method in ("echo", "hold"):
        response["result"] = params
    elif method == "release":
        response["result"] = None
    elif method == "seen":
        response["result"] = seen
    else:
        response["error"] = {"code": -32601, "message": "Method not found"}
    return response


def answer(text):
    """Returns the answer to a message, empty if there is none, and the method of a single request."""
    request = json.loads(text)
    if isinstance(request, list):
        responses = [r for r in map(respond, request) if r is not None]
        return (json.dumps(responses).encode() if responses else b""), None
    response = respond(request)
    return (json.dumps(response).encode() if response else b""), request["method"]


def serve_rep(socket):
    while True:
        reply, method = answer(socket.recv())
        if method == "hold":
            lines.acquire()
        socket.send(reply)


def serve_router(socket, delimiter):
    held = []
    while True:
        peer, *rest = socket.recv_multipart()
        envelope = [peer, b""] if delimiter else [peer]
        reply, method = answer(rest[1] if delimiter else rest[0])
        if method == "hold":
            held.append(envelope + [reply])
        elif reply:
            socket.send_multipart(envelope + [reply])
        if method == "release":
            for frames in held:
                socket.send_multipart(frames)
            held.clear()


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--plain", metavar="USER:PASSWORD")
    parser.add_argument("--heartbeat", metavar="MILLISECONDS", type=int, default=0)
    parser.add_argument("--patience", metavar="MILLISECONDS", type=int, default=60000)
    parser.add_argument("socket", choices=["REP", "ROUTER", "BARE"])
    parser.add_argument("endpoint")
    args = parser.parse_args()

    context = zmq.Context()
    socket = context.socket(zmq.REP if args.socket == "REP" else zmq.ROUTER)
    if args.plain:
        user, _, password = args.plain.partition(":")
        authenticator = zmq.auth.thread.ThreadAuthenticator(context)
        authenticator.start()
        authenticator.configure_plain(domain="*", passwords={user: password})
        socket.plain_server = True
    socket.heartbeat_ivl = args.heartbeat
    socket.heartbeat_timeout = args.patience
    socket.bind(args.endpoint)
    threading.Thread(target=read_stdin, daemon=True).start()
    print(socket.last_endpoint.rstrip(b"\0").decode(), flush=True)
    if args.socket == "REP":
        serve_rep(socket)
    else:
        serve_router(socket, args.socket == "ROUTER")


main()
