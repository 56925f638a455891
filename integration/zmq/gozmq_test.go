package zmq_test

import (
	"encoding/json"
	"testing"

	"github.com/go-zeromq/zmq4"
	"github.com/go-zeromq/zmq4/security/plain"

	"example.com/jsonrpc"
)

// startGo starts a server on a socket of package zmq4, the second implementation
// that this one is tested against, which is there everywhere. It answers add,
// and sends parts of its answers as frames of their own.
func startGo(t *testing.T, socket zmq4.Socket) (endpoint string) {
	t.Helper()
	if err := socket.Listen("tcp://127.0.0.1:0"); err != nil {
		t.Fatal(err)
	}
	go func() {
		for {
			msg, err := socket.Recv()
			if err != nil {
				return
			}
			last := len(msg.Frames) - 1
			var request struct {
				ID     json.RawMessage
				Params []int
			}
			_ = json.Unmarshal(msg.Frames[last], &request)
			answer := zmq4.NewMsgFrom(msg.Frames[:last]...) // the envelope
			if request.ID != nil {
				sum := 0
				for _, n := range request.Params {
					sum += n
				}
				result, _ := json.Marshal(sum)
				answer.Frames = append(answer.Frames, []byte(`{"jsonrpc":"2.0","id":`), request.ID, []byte(`,"result":`), result, []byte(`}`))
			} else if socket.Type() == zmq4.Rep {
				answer.Frames = append(answer.Frames, nil)
			} else {
				continue
			}
			if err := socket.SendMulti(answer); err != nil {
				return
			}
		}
	}()
	t.Cleanup(func() { _ = socket.Close() })
	return "tcp://" + socket.Addr().String()
}

func TestGoSockets(t *testing.T) {
	security := zmq4.WithSecurity(plain.Security("", ""))
	for name, test := range map[string]struct {
		socket zmq4.Socket
		user   string
	}{
		"REP":           {zmq4.NewRep(t.Context()), ""},
		"ROUTER":        {zmq4.NewRouter(t.Context()), ""},
		"REP, PLAIN":    {zmq4.NewRep(t.Context(), security), "alice:secret@"},
		"ROUTER, PLAIN": {zmq4.NewRouter(t.Context(), security), "alice:secret@"},
	} {
		endpoint := startGo(t, test.socket)
		endpoint = "tcp://" + test.user + endpoint[len("tcp://"):]
		for _, scheme := range []string{"zmq", "zmq-req"} {
			t.Run(scheme+" to "+name, func(t *testing.T) {
				client := dialURL(t, scheme, endpoint)
				if err := client.Notify(within(t), "add", jsonrpc.Args{1}); err != nil {
					t.Error(err)
				}
				if sum, err := jsonrpc.Call[int](within(t), client, "add", jsonrpc.Args{1, 2}); err != nil || sum != 3 {
					t.Errorf("got %d, %v; want 3", sum, err)
				}
			})
		}
	}
}

// TestManyCalls has many calls under way.
func TestManyCalls(t *testing.T) {
	for _, scheme := range []string{"zmq", "zmq-req"} {
		t.Run(scheme, func(t *testing.T) {
			client := dialURL(t, scheme, startLibzmq(t, "REP", anyPort).endpoint)
			const calls = 100
			failed := make(chan error, calls)
			for i := range calls {
				go func() {
					sum, err := jsonrpc.Call[int](within(t), client, "add", jsonrpc.Args{i, i})
					if err == nil && sum != 2*i {
						t.Errorf("%d + %d is %d", i, i, sum)
					}
					failed <- err
				}()
			}
			for range calls {
				if err := <-failed; err != nil {
					t.Error(err)
				}
			}
		})
	}
}
