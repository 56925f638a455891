package nats_test

import (
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/nats-io/jwt/v2"
	"github.com/nats-io/nats-server/v2/server"
	natsgo "github.com/nats-io/nats.go"
	"github.com/nats-io/nkeys"

	"example.com/jsonrpc"
	"example.com/jsonrpc/integration/nats"
)

// certificate is one for 127.0.0.1, and its file.
func certificate(t *testing.T) (cert tls.Certificate, file string) {
	t.Helper()
	s := httptest.NewTLSServer(http.NotFoundHandler())
	defer s.Close()
	file = filepath.Join(t.TempDir(), "ca.pem")
	block := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: s.Certificate().Raw})
	if err := os.WriteFile(file, block, 0o600); err != nil {
		t.Fatal(err)
	}
	return s.TLS.Certificates[0], file
}

func TestTLS(t *testing.T) {
	cert, file := certificate(t)
	pool := x509.NewCertPool()
	pool.AddCert(cert.Leaf)
	b := runBroker(t, &server.Options{TLS: true, TLSTimeout: 5, TLSConfig: &tls.Config{
		Certificates: []tls.Certificate{cert}, MinVersion: tls.VersionTLS12, ClientAuth: tls.RequestClientCert,
	}})
	serve(t, connection(t, b, natsgo.Secure(&tls.Config{RootCAs: pool, MinVersion: tls.VersionTLS12})), "a", "q", methods(), nil)
	host := hostOf(t, b)
	for _, url := range []string{"nats://" + host + "/a", "nats+tls://" + host + "/a"} {
		client := dial(t, url, jsonrpc.WithCAFile(file))
		if sum, err := jsonrpc.Call[int](within(t), client, "add", jsonrpc.Args{1, 2}); err != nil || sum != 3 {
			t.Errorf("%s: %d, %v", url, sum, err)
		}
		if client.String() != url {
			t.Errorf("the client of %s is %s", url, client)
		}
		_, err := jsonrpc.Dial(within(t), url)
		if err == nil || !strings.Contains(err.Error(), "certificate") {
			t.Errorf("%s without the authority's certificate: %v", url, err)
		}
		_, err = jsonrpc.Dial(within(t), url, jsonrpc.WithCAFile(file), jsonrpc.WithServerName("other.example.net"))
		if err == nil || !strings.Contains(err.Error(), "certificate is valid for") {
			t.Errorf("%s with another name: %v", url, err)
		}
	}
	dial(t, "nats-sub+tls://"+host+"/a", jsonrpc.WithCAFile(file))
	// TLS that was asked for is not done without.
	if _, err := jsonrpc.Dial(within(t), "nats+tls://"+hostOf(t, broker)+"/a"); err == nil || !strings.Contains(err.Error(), "secure connection not available") {
		t.Errorf("a NATS server without TLS: %v", err)
	}
}

// TestAuth logs in by each way there is, and fails to.
func TestAuth(t *testing.T) {
	const password, token = "open sesame", "s3cr3t-token"
	seed, public := newKey(t)
	creds, operator := credentials(t)
	dir := t.TempDir()
	seedFile, wrongFile, credsFile := filepath.Join(dir, "seed"), filepath.Join(dir, "wrong"), filepath.Join(dir, "creds")
	wrong, _ := newKey(t)
	for file, text := range map[string][]byte{seedFile: seed, wrongFile: wrong, credsFile: creds} {
		if err := os.WriteFile(file, text, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	passwords := hostOf(t, runBroker(t, &server.Options{Username: "Aladdin", Password: password}))
	tokens := hostOf(t, runBroker(t, &server.Options{Authorization: token}))
	keys := hostOf(t, runBroker(t, &server.Options{Nkeys: []*server.NkeyUser{{Nkey: public}}}))
	jwts := hostOf(t, runBroker(t, operator))
	for _, test := range []struct {
		name, url string
		opt       jsonrpc.DialOption
		ok        bool
	}{
		{"user and password in the URL", "Aladdin:open%20sesame@" + passwords + "/a", nil, true},
		{"user and password by the option", passwords + "/a", jsonrpc.WithBasicAuth("Aladdin", password), true},
		{"a wrong password", "Aladdin:swordfish@" + passwords + "/a", nil, false},
		{"no password", passwords + "/a", nil, false},
		{"a token in the URL", token + "@" + tokens + "/a", nil, true},
		{"a token by the option", tokens + "/a", jsonrpc.WithBearerToken(token), true},
		{"a wrong token", "swordfish@" + tokens + "/a", nil, false},
		{"an NKEY", keys + "/a?nkey=" + seedFile, nil, true},
		{"a wrong NKEY", keys + "/a?nkey=" + wrongFile, nil, false},
		{"credentials", jwts + "/a?creds=" + credsFile, nil, true},
		{"no credentials", jwts + "/a", nil, false},
	} {
		t.Run(test.name, func(t *testing.T) {
			for _, scheme := range []string{"nats", "nats-sub"} {
				client, err := jsonrpc.Dial(within(t), scheme+"://"+test.url, test.opt)
				if err == nil {
					if strings.Contains(client.String(), "sesame") || strings.Contains(client.String(), token) {
						t.Errorf("a secret is in the client's name: %s", client)
					}
					_ = client.Close()
				}
				if (err == nil) != test.ok {
					t.Errorf("%s: %v", scheme, err)
				}
				if err == nil {
					continue
				}
				if !strings.Contains(err.Error(), "Authorization Violation") && !strings.Contains(err.Error(), "nkeys not supported") {
					t.Errorf("%s: %v, want it refused", scheme, err)
				}
				if strings.Contains(err.Error(), "swordfish") {
					t.Errorf("a secret is in the error: %v", err)
				}
			}
		})
	}
}

// newKey is the seed and the public part of a user's NKEY.
func newKey(t *testing.T) (seed []byte, public string) {
	t.Helper()
	pair, err := nkeys.CreateUser()
	if err != nil {
		t.Fatal(err)
	}
	if seed, err = pair.Seed(); err != nil {
		t.Fatal(err)
	}
	if public, err = pair.PublicKey(); err != nil {
		t.Fatal(err)
	}
	return seed, public
}

// credentials are those of a user, and a NATS server that knows them by JWTs.
func credentials(t *testing.T) ([]byte, *server.Options) {
	t.Helper()
	key := func(pair nkeys.KeyPair, err error) (nkeys.KeyPair, string) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		public, err := pair.PublicKey()
		if err != nil {
			t.Fatal(err)
		}
		return pair, public
	}
	encode := func(text string, err error) string {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		return text
	}
	operatorKey, operatorID := key(nkeys.CreateOperator())
	accountKey, accountID := key(nkeys.CreateAccount())
	userKey, userID := key(nkeys.CreateUser())
	operator := jwt.NewOperatorClaims(operatorID)
	encode(operator.Encode(operatorKey))
	account := encode(jwt.NewAccountClaims(accountID).Encode(operatorKey))
	user := jwt.NewUserClaims(userID)
	user.Expires = time.Now().Add(time.Hour).Unix()
	seed, err := userKey.Seed()
	if err != nil {
		t.Fatal(err)
	}
	file, err := jwt.FormatUserConfig(encode(user.Encode(accountKey)), seed)
	if err != nil {
		t.Fatal(err)
	}
	accounts := &server.MemAccResolver{}
	if err := accounts.Store(accountID, account); err != nil {
		t.Fatal(err)
	}
	return file, &server.Options{TrustedOperators: []*jwt.OperatorClaims{operator}, AccountResolver: accounts}
}

// What is in a URL would be in the client's name.
func TestDialTakesNoSecretsInURLs(t *testing.T) {
	const servers = "nats://Aladdin:swordfish@127.0.0.1:1,nats://127.0.0.1:2"
	_, err := nats.Dial(within(t), servers, "a", nil)
	_, subErr := nats.DialSubscription(within(t), servers, "a", nil)
	for _, err := range []error{err, subErr} {
		if err == nil || strings.Contains(err.Error(), "swordfish") || !strings.Contains(err.Error(), "Options") {
			t.Error(err)
		}
	}
}
