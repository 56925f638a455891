package jsonrpc_test

import (
	"bytes"
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"html"
	"io"
	"log/slog"
	"net/http"
	"net/http/httputil"
	"net/url"
	"strings"
	"testing"
	"time"
	"unicode"

	"example.com/jsonrpc"
)

// marked are the secrets of the calls below, in every place that can hold one.
// They have characters that are escaped on the way.
var marked = map[string]string{
	"password":       `pa/ss+SECRET"1&<é`,
	"query":          `quSECRETery/2+&`,
	"path":           `paSECRETth3`,
	"header":         `heSECRETader/4+=`,
	"bearer":         `beSECRETarer.5/+==`,
	"cookie":         `coSECRETokie6`,
	"param":          `prSECRETm "7"/`,
	"number":         `1234509876`,
	"proxy":          `prSECREToxy8`,
	"interceptor":    `inSECRETterceptor9`,
	"token as user":  `toSECREToken0`,
	"call's bearer":  `caSECRETll10`,
	"a second query": `seSECREToond11`,
}

// leaks lists the marks found in text, in any form: whole, cut, or encoded.
func leaks(text string) (found []string) {
	if strings.Contains(text, "SECRET") {
		found = append(found, "SECRET")
	}
	for name, secret := range marked {
		for _, form := range []string{secret, url.QueryEscape(secret), base64.StdEncoding.EncodeToString([]byte(":" + secret))[4:]} {
			if strings.Contains(text, form) {
				found = append(found, name)
			}
		}
		for _, user := range []string{"alice:", "", "proxyuser:"} {
			if strings.Contains(text, base64.StdEncoding.EncodeToString([]byte(user+secret))) {
				found = append(found, name+" in base64")
			}
		}
	}
	return found
}

// wantNoLeak walks err and all errors in it, in every way they can be printed.
func wantNoLeak(t *testing.T, how string, err error) {
	t.Helper()
	if err == nil {
		t.Errorf("%s: no error to look at", how)
		return
	}
	texts := []string{err.Error(), fmt.Sprintf("%v %+v %q", err, err, err)}
	switch e := err.(type) {
	case *jsonrpc.Error:
		texts = append(texts, e.Message, string(e.Data))
		if data, err := jsonrpc.DataAs[any](e); err == nil {
			texts = append(texts, fmt.Sprint(data))
		}
	case *jsonrpc.HTTPError:
		texts = append(texts, e.Status, string(e.Body), fmt.Sprint(e.Header))
	case *jsonrpc.ParseResponseError:
		texts = append(texts, string(e.Reply))
	case *jsonrpc.ValidationError:
		texts = append(texts, string(e.Reply))
	case *jsonrpc.DecodeError:
		texts = append(texts, string(e.Result))
	case *jsonrpc.MessageError:
		texts = append(texts, e.Reason)
	}
	for _, text := range texts {
		if found := leaks(text); found != nil {
			t.Errorf("%s: %v in a %T:\n%.2000s", how, found, err, text)
			return
		}
	}
	switch e := err.(type) {
	case interface{ Unwrap() error }:
		if inner := e.Unwrap(); inner != nil {
			wantNoLeak(t, how, inner)
		}
	case interface{ Unwrap() []error }:
		for _, inner := range e.Unwrap() {
			wantNoLeak(t, how, inner)
		}
	}
}

// echoes are servers that send back all they were sent, one way or another.
var echoes = map[string]func(w http.ResponseWriter, r *http.Request, all string){
	"in an error's message": func(w http.ResponseWriter, _ *http.Request, all string) {
		fmt.Fprintf(w, `{"jsonrpc":"2.0","error":{"code":1,"message":%s},"id":null}`, asJSON(all))
	},
	"in an error's data": func(w http.ResponseWriter, _ *http.Request, all string) {
		fmt.Fprintf(w, `{"jsonrpc":"2.0","error":{"code":1,"message":"m","data":{%s:[%s,%s]}},"id":null}`, asJSON(all), asJSON(all), marked["number"])
	},
	"as PHP escapes it": func(w http.ResponseWriter, _ *http.Request, all string) {
		fmt.Fprintf(w, `{"jsonrpc":"2.0","error":{"code":1,"message":"m","data":%s},"id":null}`, strings.ReplaceAll(asJSON(all), "/", `\/`))
	},
	"with every character escaped": func(w http.ResponseWriter, _ *http.Request, all string) {
		var escaped strings.Builder
		for _, r := range all {
			fmt.Fprintf(&escaped, `\u%04x`, r)
		}
		fmt.Fprintf(w, `{"jsonrpc":"2.0","error":{"code":1,"message":"%s","data":"%s"},"id":null}`, &escaped, &escaped)
	},
	"in an error page": func(w http.ResponseWriter, _ *http.Request, all string) {
		w.Header().Set("Content-Type", "text/html")
		w.WriteHeader(http.StatusBadGateway)
		fmt.Fprintf(w, "<title>%s</title><pre>%s</pre>", html.EscapeString(all), html.EscapeString(all))
	},
	"as .NET escapes it": func(w http.ResponseWriter, _ *http.Request, all string) {
		w.Header().Set("Content-Type", "application/problem+json")
		w.WriteHeader(http.StatusBadRequest)
		fmt.Fprintf(w, `{"title":"Bad Request","detail":"%s"}`, escapeMarks(all, `\u%04X`))
	},
	"as .NET escapes it, and too long": func(w http.ResponseWriter, _ *http.Request, all string) {
		w.WriteHeader(http.StatusBadRequest)
		escaped := escapeMarks(all, `\u%04X`)
		for i := range 10 {
			fmt.Fprint(w, strings.Repeat("x", max(0, 4096-len(escaped)+i*7)), escaped)
		}
	},
	"in a page as .NET escapes it": func(w http.ResponseWriter, _ *http.Request, all string) {
		w.Header().Set("Content-Type", "text/html")
		w.WriteHeader(http.StatusBadGateway)
		fmt.Fprintf(w, "<title>%s</title>", escapeMarks(all, "&#x%X;"))
	},
	"in plain text": func(w http.ResponseWriter, _ *http.Request, all string) {
		http.Error(w, all, http.StatusUnauthorized)
	},
	"in a page that is too long": func(w http.ResponseWriter, _ *http.Request, all string) {
		w.WriteHeader(http.StatusNotFound)
		for i := range 10 {
			fmt.Fprint(w, strings.Repeat("x", 4096-len(all)+i*7), all)
		}
	},
	"in JSON that is no response": func(w http.ResponseWriter, _ *http.Request, all string) {
		fmt.Fprint(w, asJSON(all))
	},
	"in what is not JSON": func(w http.ResponseWriter, _ *http.Request, all string) {
		w.Header().Set("Content-Type", "application/json")
		fmt.Fprint(w, "{"+all)
	},
	"in a result that does not fit": func(w http.ResponseWriter, _ *http.Request, all string) {
		fmt.Fprintf(w, `{"jsonrpc":"2.0","result":{"a":%s},"id":1}`, asJSON(all))
	},
	"in an id": func(w http.ResponseWriter, _ *http.Request, all string) {
		fmt.Fprintf(w, `{"jsonrpc":"2.0","result":1,"id":%s}`, asJSON(all))
	},
	"in a batch's strays": func(w http.ResponseWriter, _ *http.Request, all string) {
		fmt.Fprintf(w, `[{"jsonrpc":"2.0","result":%s,"id":"x"},{"jsonrpc":"2.0","error":{"code":1,"message":%s},"id":1}]`, asJSON(all), asJSON(all))
	},
	"in headers": func(w http.ResponseWriter, r *http.Request, _ string) {
		for name, values := range r.Header {
			for _, v := range values {
				w.Header().Add("X-Echo-"+name, v)
			}
		}
		w.Header().Set("X-Url", r.URL.String())
		w.WriteHeader(http.StatusForbidden)
	},
	"in the status line": func(w http.ResponseWriter, r *http.Request, _ string) {
		conn, _, _ := http.NewResponseController(w).Hijack()
		fmt.Fprintf(conn, "HTTP/1.1 403 %s %s\r\nConnection: close\r\n\r\n", r.Header.Get("Authorization"), r.URL)
		_ = conn.Close()
	},
	"in what is not HTTP": func(w http.ResponseWriter, r *http.Request, _ string) {
		conn, _, _ := http.NewResponseController(w).Hijack()
		fmt.Fprintf(conn, "%s %s\r\n\r\n", r.Header.Get("Authorization"), r.URL)
		_ = conn.Close()
	},
	"in a header that is none": func(w http.ResponseWriter, r *http.Request, _ string) {
		conn, _, _ := http.NewResponseController(w).Hijack()
		fmt.Fprintf(conn, "HTTP/1.1 200 OK\r\n%s %s\r\n\r\n", r.Header.Get("Authorization"), r.Header.Get("X-Key"))
		_ = conn.Close()
	},
	"in the encoding": func(w http.ResponseWriter, r *http.Request, _ string) {
		w.Header().Set("Content-Encoding", r.Header.Get("X-Key"))
		fmt.Fprint(w, "x")
	},
	"in a redirect": func(w http.ResponseWriter, r *http.Request, _ string) {
		w.Header().Set("Location", "https://"+marked["path"]+".example"+r.URL.String())
		w.WriteHeader(http.StatusPermanentRedirect)
	},
	"in an event": func(w http.ResponseWriter, _ *http.Request, all string) {
		w.Header().Set("Content-Type", "text/event-stream")
		fmt.Fprintf(w, "data: {%s\n\n", strings.NewReplacer("\r", " ", "\n", " ").Replace(all))
	},
	"not at all": func(_ http.ResponseWriter, r *http.Request, _ string) {
		<-r.Context().Done()
	},
}

// escapeMarks escapes, with format, whatever is neither a letter of ASCII nor a digit.
func escapeMarks(text, format string) string {
	var escaped strings.Builder
	for _, r := range text {
		if r < 0x80 && (unicode.IsLetter(r) || unicode.IsDigit(r)) {
			escaped.WriteRune(r)
		} else {
			fmt.Fprintf(&escaped, format, r)
		}
	}
	return escaped.String()
}

func asJSON(text string) string {
	quoted, _ := json.Marshal(text)
	return string(quoted)
}

func TestNoSecretReachesAnErrorOrALog(t *testing.T) {
	params := jsonrpc.Named{"token": marked["param"], "pin": json.Number(marked["number"])}
	addHeader := func(next jsonrpc.Invoker) jsonrpc.Invoker {
		return func(ctx context.Context, x *jsonrpc.Exchange) error {
			err := next(ctx, x)
			if err != nil {
				wantNoLeak(t, "what an interceptor sees", err)
			}
			if found := leaks(x.Endpoint()); found != nil {
				t.Errorf("%v in the endpoint %s", found, x.Endpoint())
			}
			return err
		}
	}
	auth := map[string][]jsonrpc.CallOption{
		"in the URL": nil,
		"basic":      {jsonrpc.WithBasicAuth("alice", marked["password"])},
		"bearer": {jsonrpc.WithBearer(func(context.Context) (string, error) {
			return marked["bearer"], nil
		})},
		"a token": {jsonrpc.WithBearerToken(marked["call's bearer"])},
	}
	for how, echo := range echoes {
		server := serve(t, func(w http.ResponseWriter, r *http.Request) {
			dump, _ := httputil.DumpRequest(r, true)
			user, password, _ := r.BasicAuth()
			all := strings.Join([]string{string(dump), user, password, r.URL.Path, fmt.Sprint(r.URL.Query())}, " | ")
			echo(w, r, all)
		})
		user := url.UserPassword("alice", marked["password"]).String()
		target := strings.Replace(server.URL, "//", "//"+user+"@", 1) + "/v1/" + marked["path"] + "/rpc?key=" + url.QueryEscape(marked["query"])
		for kind, opts := range auth {
			t.Run(how+", "+kind, func(t *testing.T) {
				var log, short bytes.Buffer
				client := dial(t, target,
					jsonrpc.WithSecrets(marked["path"], marked["param"], marked["number"]),
					jsonrpc.WithHeader("X-Key", marked["header"]),
					jsonrpc.WithCookie("session", marked["cookie"]),
					jsonrpc.WithLogger(slog.New(slog.NewJSONHandler(&log, nil))),
					jsonrpc.WithInterceptors(addHeader))
				opts := append([]jsonrpc.CallOption{jsonrpc.WithQuery("second", marked["a second query"])}, opts...)
				if how == "not at all" {
					opts = append(opts, jsonrpc.WithTimeout(20*time.Millisecond))
				}
				_, err := jsonrpc.Call[int](t.Context(), client, "cat", params, append(opts, jsonrpc.WithID(jsonrpc.IntID(1)))...)
				wantNoLeak(t, "a call", err)
				_, err = client.Send(t.Context(), jsonrpc.Request{Method: "cat", Params: params},
					append(opts, jsonrpc.WithLogger(slog.New(slog.NewTextHandler(&short, nil))), jsonrpc.WithLogTrim(9))...)
				if err != nil {
					wantNoLeak(t, "a request", err)
				}
				if err := client.Notify(t.Context(), "cat", params, opts...); err != nil {
					wantNoLeak(t, "a notification", err)
				}
				var b jsonrpc.Batch
				result := jsonrpc.Queue[int](&b, "cat", params)
				if _, err := client.Send(t.Context(), &b, opts...); err != nil {
					wantNoLeak(t, "a batch", err)
				}
				if _, err := result.Get(); err != nil {
					wantNoLeak(t, "an item", err)
				}
				for name, logged := range map[string]string{"log": log.String(), "short log": short.String(), "String": fmt.Sprintf("%v %+v", client, client)} {
					if found := leaks(logged); found != nil {
						t.Errorf("%v in the %s:\n%.3000s", found, name, logged)
					}
				}
				if log.Len() == 0 || short.Len() == 0 {
					t.Error("nothing was logged")
				}
			})
		}
	}
}

// TestNoPartOfASecretIsLeftWhereAnErrorIsCut: wherever the start of a reply ends, and
// however the secret is escaped there.
func TestNoPartOfASecretIsLeftWhereAnErrorIsCut(t *testing.T) {
	const secret = "+/+/SECRET+/+/"
	for _, escaped := range []string{secret, escapeMarks(secret, `\u%04x`), escapeMarks(secret, `\u%04X`), escapeMarks(secret, "&#x%X;"), escapeMarks(secret, "&#%d;")} {
		for from := range len(escaped) + 1 {
			page := strings.Repeat(".", 4096-from) + escaped
			client := newClient(t, says(page), jsonrpc.WithSecrets(secret))
			err := as[*jsonrpc.ParseResponseError](t, client.Call(t.Context(), "cat", nil, nil))
			left := strings.Trim(string(err.Reply), ".")
			partOfOne := escaped != secret && len(left) <= len("&#x2B") && strings.HasPrefix(escaped, left) // character
			if left != "" && left != "***" && !partOfOne {
				t.Errorf("%q is left of %q", left, escaped)
			}
		}
	}
}

func TestNoSecretOfAProxyReachesAnError(t *testing.T) {
	echo := serve(t, func(w http.ResponseWriter, r *http.Request) {
		conn, _, _ := http.NewResponseController(w).Hijack()
		body := r.Header.Get("Proxy-Authorization") + " " + marked["proxy"]
		fmt.Fprintf(conn, "HTTP/1.1 407 %s\r\nContent-Length: %d\r\nX-A: %s\r\n\r\n%s", body, len(body), body, body)
		_ = conn.Close()
	})
	for _, target := range []string{"http://pets.example", "https://pets.example"} {
		for _, proxy := range []string{echo.URL, "http://" + nobodyListens(t), "socks5://" + nobodyListens(t)} {
			client := dial(t, target, jsonrpc.WithProxy(strings.Replace(proxy, "//", "//proxyuser:"+marked["proxy"]+"@", 1)))
			wantNoLeak(t, target+" through "+proxy, client.Call(t.Context(), "cat", nil, nil, jsonrpc.WithTimeout(time.Second)))
		}
	}
}

// TestNoSecretInTheErrorsOfDial: what cannot be parsed may be a password.
func TestNoSecretInTheErrorsOfDial(t *testing.T) {
	for _, target := range []string{
		"http://alice:paSECRETss/word@host", "http://alice:pa#SECRET@host", "http://alice:pa?SECRET@host:x", "http://alice:SECRET%zz@host",
		"http://alice:SECRET word@host", "http://alice:SECRET", "alice:SECRET@host", "SECRET@host:80", "http://SECRET\x00@host",
		"ftp://alice:SECRET@host", "http://alice:SECRET@", "//alice:SECRET@host", "http://[SECRET@host", "http://host:SECRET/",
	} {
		client, err := jsonrpc.Dial(t.Context(), target)
		if err == nil { // it is a URL after all, with the host "alice" and so on
			if found := leaks(client.String()); found != nil && !strings.Contains(target, "/word@") {
				t.Errorf("%q is %s", target, client)
			}
			continue
		}
		wantNoLeak(t, target, err)
	}
	_, err := jsonrpc.Dial(t.Context(), "http://host", jsonrpc.WithProxy("http://alice:SECRET/@host:x"))
	wantNoLeak(t, "the proxy", err)
}

func TestNoSecretInWhatIsNotSent(t *testing.T) {
	client := newClient(t, says(``), jsonrpc.WithSecrets(marked["param"], marked["number"]),
		jsonrpc.WithBearer(func(context.Context) (string, error) { return "", errors.New("no token for " + marked["param"]) }))
	wantNoLeak(t, "a token", client.Call(t.Context(), "cat", nil, nil))
	wantNoLeak(t, "an encoding", client.Call(t.Context(), "cat", jsonrpc.Args{spiller{}}, nil))
	wantNoLeak(t, "a method", client.Call(t.Context(), marked["param"], nil, nil))
	_, err := client.Send(t.Context(), jsonrpc.Raw(`{"method":"a","id":`+marked["number"]+`x}`))
	wantNoLeak(t, "a raw message", err)
}

// spiller's error tells a secret.
type spiller struct{}

func (spiller) MarshalJSON() ([]byte, error) { return nil, errors.New(marked["param"]) }

// TestMaskedErrorsAreStillThemselves: errors.Is works where a text was masked.
func TestMaskedErrorsAreStillThemselves(t *testing.T) {
	cause := fmt.Errorf("it said %s: %w", marked["param"], io.ErrClosedPipe)
	client := newClient(t, says(``), jsonrpc.WithSecrets(marked["param"]),
		jsonrpc.WithBearer(func(context.Context) (string, error) { return "", cause }))
	err := client.Call(t.Context(), "cat", nil, nil)
	wantNoLeak(t, "a token", err)
	wantError(t, err, "jsonrpc: cat: authorize: it said ***: io: read/write on closed pipe")
	if !errors.Is(err, io.ErrClosedPipe) || !errors.Is(err, cause) {
		t.Error("errors.Is does not find what was masked")
	}
}

func TestShortValuesAreMaskedOnlyIfMarked(t *testing.T) {
	rt := conversation1(`{"jsonrpc":"2.0","error":{"code":1,"message":"a bad abc"},"id":null}`)
	err := newClient(t, rt, jsonrpc.WithQuery("k", "abc")).Call(t.Context(), "cat", nil, nil)
	wantError(t, err, "jsonrpc: cat at test:: a bad abc (code 1)")
	err = newClient(t, rt, jsonrpc.WithSecrets("abc")).Call(t.Context(), "cat", nil, nil)
	wantError(t, err, "jsonrpc: cat at test:: a bad *** (code 1)")
}
