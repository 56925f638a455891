package realservers

import (
	"crypto/sha1"
	"crypto/tls"
	"crypto/x509"
	"encoding/base64"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"text/template"

	"example.com/jsonrpc"
)

const (
	nginxUser     = "alice"
	nginxPassword = "a password of nginx"
)

// startNginx returns the URL of an nginx in front of the server at upstream, and the path of the certificate to trust.
// See testdata/nginx.conf for its paths.
func startNginx(t *testing.T, upstream string) (url, cacert string) {
	t.Helper()
	dir, port := t.TempDir(), freePort(t)
	cacert = filepath.Join(dir, "cert.pem")
	writeCertificate(t, cacert, filepath.Join(dir, "key.pem"))
	hash := sha1.Sum([]byte(nginxPassword)) // a form of htpasswd that needs no program
	writeFile(t, filepath.Join(dir, "htpasswd"), []byte(nginxUser+":{SHA}"+base64.StdEncoding.EncodeToString(hash[:])))

	config, err := os.Create(filepath.Join(dir, "nginx.conf"))
	if err != nil {
		t.Fatal(err)
	}
	defer config.Close()
	err = template.Must(template.ParseFiles("testdata/nginx.conf")).Execute(config,
		struct{ Dir, Port, Upstream string }{dir, port, upstream})
	if err != nil {
		t.Fatal(err)
	}

	addr := net.JoinHostPort("127.0.0.1", port)
	start(t, listening(addr), program(t, "nginx"), "-p", dir, "-c", config.Name(), "-e", "stderr")
	return "https://" + addr, cacert
}

// nginx in front of a server adds TLS, credentials, compression, and pages of HTML where it says no.
func TestNginx(t *testing.T) {
	t.Parallel()
	url, cacert := startNginx(t, startJayson(t))
	ctx := t.Context()
	trust := jsonrpc.WithCAFile(cacert)

	t.Run("call over TLS", func(t *testing.T) {
		sum, err := jsonrpc.Call[int](ctx, dial(t, url+"/open", trust), "add", jsonrpc.Args{1, 2})
		wantNone(t, err)
		wantEqual(t, sum, 3)
	})
	t.Run("a certificate that nobody vouches for", func(t *testing.T) {
		err := dial(t, url+"/open").Call(ctx, "add", jsonrpc.Args{1, 2}, nil)
		wantAs[*tls.CertificateVerificationError](t, err)
		wantEqual(t, jsonrpc.MaybeSent(err), false)
	})
	t.Run("a certificate for another name", func(t *testing.T) {
		err := dial(t, url+"/open", trust, jsonrpc.WithServerName("other.example")).Call(ctx, "add", jsonrpc.Args{1, 2}, nil)
		wantAs[x509.HostnameError](t, err)
	})
	t.Run("unknown method", func(t *testing.T) {
		err := dial(t, url+"/open", trust).Call(ctx, "no_such_method", nil, nil)
		wantError(t, err, jsonrpc.CodeMethodNotFound, "Method not found")
	})
	t.Run("batch with a notification", func(t *testing.T) {
		var b jsonrpc.Batch
		sum := jsonrpc.Queue[int](&b, "add", jsonrpc.Args{1, 2})
		b.Notify("add", jsonrpc.Args{1, 2})
		_, err := dial(t, url+"/open", trust).Send(ctx, &b)
		wantNone(t, err)
		wantItem(t, sum, 3)
	})
	t.Run("notification", func(t *testing.T) {
		wantNone(t, dial(t, url+"/open", trust).Notify(ctx, "add", jsonrpc.Args{1, 2}))
	})
	t.Run("compressed reply", func(t *testing.T) {
		text := strings.Repeat("meow ", 10_000)
		client := dial(t, url+"/open", trust)
		got, err := jsonrpc.Call[[]string](ctx, client, "echo", jsonrpc.Args{text})
		wantNone(t, err)
		wantEqual(t, got[0] == text, true)
	})
	t.Run("password", func(t *testing.T) {
		client := dial(t, url+"/private", trust, jsonrpc.WithBasicAuth(nginxUser, nginxPassword))
		sum, err := jsonrpc.Call[int](ctx, client, "add", jsonrpc.Args{1, 2})
		wantNone(t, err)
		wantEqual(t, sum, 3)
	})
	t.Run("wrong password", func(t *testing.T) {
		const guess = "a wrong guess"
		err := dial(t, url+"/private", trust, jsonrpc.WithBasicAuth(nginxUser, guess)).Call(ctx, "add", jsonrpc.Args{1, 2}, nil)
		wantStatus(t, err, 401)
		wantText(t, err, "the server answered 401 text/html: 401 Authorization Required")
		wantEqual(t, strings.Contains(err.Error(), guess), false)
	})
	t.Run("no password", func(t *testing.T) {
		client := dial(t, url+"/private", trust)
		wantStatus(t, client.Call(ctx, "add", jsonrpc.Args{1, 2}, nil), 401)
		wantStatus(t, client.Notify(ctx, "add", jsonrpc.Args{1, 2}), 401)
	})
	t.Run("a message that is too large", func(t *testing.T) {
		err := dial(t, url+"/small", trust).Call(ctx, "echo", jsonrpc.Args{strings.Repeat("meow", 100)}, nil)
		wantStatus(t, err, 413)
		wantText(t, err, "the server answered 413 text/html: 413 Request Entity Too Large")
	})
	t.Run("a server that is down", func(t *testing.T) {
		err := dial(t, url+"/down", trust).Call(ctx, "add", jsonrpc.Args{1, 2}, nil)
		wantStatus(t, err, 502)
		wantText(t, err, "the server answered 502 text/html: 502 Bad Gateway")
	})
	t.Run("wrong path", func(t *testing.T) {
		wantStatus(t, dial(t, url+"/nowhere", trust).Call(ctx, "add", jsonrpc.Args{1, 2}, nil), 404)
	})
}

// startDemo returns the URL of the command's demo server.
func startDemo(t *testing.T) string {
	t.Helper()
	addr := net.JoinHostPort("127.0.0.1", freePort(t))
	start(t, listening(addr), command, "demo", "--listen", addr)
	return "http://" + addr + "/"
}

func TestNginxCommand(t *testing.T) {
	t.Parallel()
	url, cacert := startNginx(t, startDemo(t))
	trust := "--cacert=" + cacert
	credentials := nginxUser + ":" + nginxPassword

	t.Run("call over TLS", func(t *testing.T) {
		wantRun(t, run(t, "", trust, url+"/open", "cat", "name=Mittens"), exitDone, []string{`"meow"`})
	})
	t.Run("a certificate that nobody vouches for", func(t *testing.T) {
		wantRun(t, run(t, "", url+"/open", "ping"), exitUnauthorised, nil, "certificate")
	})
	t.Run("a certificate for another name", func(t *testing.T) {
		wantRun(t, run(t, "", trust, "--servername=other.example", url+"/open", "ping"), exitUnauthorised, nil, "other.example")
	})
	t.Run("unchecked", func(t *testing.T) {
		wantRun(t, run(t, "", "--insecure", url+"/open", "ping"), exitDone, []string{`"pong"`})
	})
	t.Run("unknown method", func(t *testing.T) {
		wantRun(t, run(t, "", trust, url+"/open", "no_such_method"), exitServerError, nil, "Method not found (code -32601)")
	})
	t.Run("batch", func(t *testing.T) {
		wantRun(t, run(t, "cube 3\nping\n", "batch", trust, url+"/open"), exitDone, []string{
			`{"jsonrpc":"2.0","result":27,"id":1}`,
			`{"jsonrpc":"2.0","result":"pong","id":2}`,
		})
	})
	t.Run("notification", func(t *testing.T) {
		wantRun(t, run(t, "", "--notify", trust, url+"/open", "ping"), exitDone, nil)
	})
	t.Run("password", func(t *testing.T) {
		wantRun(t, run(t, credentials, "--user=@-", trust, url+"/private", "ping"), exitDone, []string{`"pong"`})
	})
	t.Run("wrong password", func(t *testing.T) {
		const guess = "a wrong guess"
		got := run(t, nginxUser+":"+guess, "--user=@-", trust, url+"/private", "ping")
		wantRun(t, got, exitUnauthorised, nil, "the server answered 401 text/html: 401 Authorization Required")
		wantEqual(t, strings.Contains(got.stderr, guess), false)
	})
	t.Run("no password", func(t *testing.T) {
		wantRun(t, run(t, "", trust, url+"/private", "ping"), exitUnauthorised, nil, "401")
		wantRun(t, run(t, "", "--notify", trust, url+"/private", "ping"), exitUnauthorised, nil, "401")
	})
	t.Run("a server that is down", func(t *testing.T) {
		wantRun(t, run(t, "", trust, url+"/down", "ping"), exitBadReply, nil, "the server answered 502 text/html: 502 Bad Gateway")
	})
	t.Run("a port where nobody listens", func(t *testing.T) {
		wantRun(t, run(t, "", "http://127.0.0.1:"+freePort(t), "ping"), exitUnreachable, nil, "connection refused")
	})
}
