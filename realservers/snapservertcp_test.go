package realservers

import (
	"context"
	"encoding/binary"
	"encoding/json"
	"errors"
	"net"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"example.com/jsonrpc"
	"example.com/jsonrpc/transport"
)

// startSnapserverTCP returns the URL of a snapserver on a socket, and the address where it plays music.
func startSnapserverTCP(t *testing.T) (url, music string) {
	t.Helper()
	dir, control, stream := t.TempDir(), freePort(t), freePort(t)
	url, music = net.JoinHostPort("127.0.0.1", control), net.JoinHostPort("127.0.0.1", stream)
	ready := func(ctx context.Context) error { return errors.Join(listening(url)(ctx), listening(music)(ctx)) }
	start(t, ready, program(t, "snapserver"),
		"--config=/dev/null",
		"--server.datadir="+dir,
		"--http.enabled=false",
		"--tcp.bind_to_address=127.0.0.1",
		"--tcp.port="+control,
		"--stream.bind_to_address=127.0.0.1",
		"--stream.port="+stream,
		"--stream.source=pipe://"+filepath.Join(dir, "fifo")+"?name=default",
		"--logging.sink=stderr",
	)
	return "tcp://" + url, music
}

// helloSnapserver is a loudspeaker that says who it is and plays nothing.
func helloSnapserver(t *testing.T, music string) {
	t.Helper()
	conn, err := net.Dial("tcp", music)
	wantNone(t, err)
	t.Cleanup(func() { _ = conn.Close() })
	hello, err := json.Marshal(map[string]any{
		"Arch": "x86_64", "ClientName": "Snapclient", "HostName": "cat", "ID": "cat", "Instance": 1,
		"MAC": "00:11:22:33:44:55", "OS": "Linux", "SnapStreamProtocolVersion": 2, "Version": "0.26.0",
	})
	wantNone(t, err)
	const typeHello, headerSize = 5, 26
	text := make([]byte, headerSize, headerSize+4+len(hello)) // type, id, refers to, two times, size: all little-endian
	binary.LittleEndian.PutUint16(text, typeHello)
	binary.LittleEndian.PutUint32(text[headerSize-4:], uint32(4+len(hello)))
	text = append(binary.LittleEndian.AppendUint32(text, uint32(len(hello))), hello...)
	_, err = conn.Write(text)
	wantNone(t, err)
}

// snapserver on TCP puts each message on a line that ends with CRLF, and tells all others what one of its clients does:
// of a batch in an array of notifications.
func TestSnapserverTCP(t *testing.T) {
	t.Parallel()
	url, music := startSnapserverTCP(t)
	ctx := t.Context()
	noneLeft := noGoroutinesLeft(t)
	client := dial(t, url)

	t.Run("call", func(t *testing.T) {
		v, err := jsonrpc.Call[snapVersion](ctx, client, "Server.GetRPCVersion", nil)
		wantNone(t, err)
		wantEqual(t, v, snapVersion{Major: 2})
	})
	t.Run("unknown method", func(t *testing.T) {
		err := client.Call(ctx, "no_such_method", nil, nil)
		wantError(t, err, jsonrpc.CodeMethodNotFound, "Method not found")
	})
	t.Run("batch with a notification", func(t *testing.T) {
		var b jsonrpc.Batch
		b.Notify("Server.GetRPCVersion", nil)
		v := jsonrpc.Queue[snapVersion](&b, "Server.GetRPCVersion", nil)
		none := jsonrpc.Queue[any](&b, "no_such_method", nil)
		_, err := client.Send(ctx, &b)
		wantNone(t, err)
		wantItem(t, v, snapVersion{Major: 2})
		_, err = none.Get()
		wantError(t, err, jsonrpc.CodeMethodNotFound, "Method not found")
	})
	t.Run("notification", func(t *testing.T) {
		wantNone(t, client.Notify(ctx, "Server.GetRPCVersion", nil))
		wantNone(t, client.Notify(ctx, "no_such_method", nil))
	})
	t.Run("line breaks in a raw message", func(t *testing.T) {
		_, err := client.Send(ctx, jsonrpc.Raw("{\"jsonrpc\": \"2.0\",\n \"id\": 1000,\r\n \"method\": \"Server.GetRPCVersion\"\n}\n"))
		wantNone(t, err)
	})
	wantStats(t, client, jsonrpc.StreamStats{})

	t.Run("what others do", func(t *testing.T) {
		var wire *tap
		other, err := jsonrpc.NewStreamClient(ctx, url, func(ctx context.Context) (transport.Stream, error) {
			stream, err := transport.DialNet(ctx, "tcp", strings.TrimPrefix(url, "tcp://"), nil)
			wire = &tap{Stream: stream}
			return wire, err
		})
		wantNone(t, err)
		defer other.Close()
		sub := subscribe(t, other, jsonrpc.Notifications(
			"Client.OnConnect", "Server.OnUpdate", "Client.OnVolumeChanged", "Client.OnNameChanged"))
		helloSnapserver(t, music)
		wantEqual(t, nextEvent(t, sub).Method, "Server.OnUpdate") // a client that it did not know

		volume := jsonrpc.Named{"id": "cat", "volume": jsonrpc.Named{"muted": true, "percent": 1}}
		wantNone(t, client.Call(ctx, "Client.SetVolume", volume, nil))
		event := nextEvent(t, sub)
		wantEqual(t, event.Method, "Client.OnVolumeChanged")
		wantEqual(t, string(event.Data), `{"id":"cat","volume":{"muted":true,"percent":1}}`)

		var b jsonrpc.Batch
		jsonrpc.Queue[any](&b, "Client.SetVolume", volume)
		jsonrpc.Queue[any](&b, "Client.SetName", jsonrpc.Named{"id": "cat", "name": "Mittens"})
		_, err = client.Send(ctx, &b)
		wantNone(t, err)
		wantEqual(t, nextEvent(t, sub).Method, "Client.OnVolumeChanged")
		event = nextEvent(t, sub)
		wantEqual(t, event.Method, "Client.OnNameChanged")
		wantEqual(t, string(event.Data), `{"id":"cat","name":"Mittens"}`)
		texts := wire.receivedTexts()
		wantEqual(t, texts[len(texts)-1][0], '[')
		wantStats(t, other, jsonrpc.StreamStats{})
	})
	t.Run("id 2^53+1, which it cuts to 1", func(t *testing.T) {
		client := dial(t, url)
		err := client.Call(ctx, "Server.GetRPCVersion", nil, nil,
			jsonrpc.WithID(jsonrpc.IntID(1<<53+1)), jsonrpc.WithTimeout(time.Second))
		wantText(t, err, "read: context deadline exceeded")
		wantStats(t, client, jsonrpc.StreamStats{Strays: 1}) // nobody waits for 1
		wantNone(t, client.Call(ctx, "Server.GetRPCVersion", nil, nil))
	})
	t.Run("a response without an id", func(t *testing.T) {
		id, err := jsonrpc.ParseID("1.5")
		wantNone(t, err)
		client := dial(t, url, jsonrpc.WithValidation(false))
		err = client.Call(ctx, "Server.GetRPCVersion", nil, nil, jsonrpc.WithID(id))
		wantError(t, err, jsonrpc.CodeParseError, "Parse error")
	})
	wantNone(t, client.Close())
	noneLeft()
}
