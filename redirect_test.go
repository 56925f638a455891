package jsonrpc_test

import (
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"

	"example.com/jsonrpc"
	"example.com/jsonrpc/transport"
)

func mustURL(t *testing.T, raw string) *url.URL {
	t.Helper()
	u, err := url.Parse(raw)
	if err != nil {
		t.Fatal(err)
	}
	return u
}

func TestRedirects(t *testing.T) {
	elsewhere := serve(t, func(_ http.ResponseWriter, r *http.Request) {
		t.Errorf("the request reached another origin: %s %v", r.URL, r.Header)
	})
	var posts []string
	mux := func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		posts = append(posts, fmt.Sprintf("%s %s %s %s", r.Method, r.URL.Path, r.Header.Get("Authorization"), body))
		switch code, to, _ := strings.Cut(r.URL.Path[1:], "/"); {
		case to == "here":
			w.Header().Set("Location", "/done")
			var n int
			_, _ = fmt.Sscan(code, &n)
			w.WriteHeader(n)
		case to == "loop":
			http.Redirect(w, r, r.URL.Path, http.StatusPermanentRedirect)
		case to == "away":
			http.Redirect(w, r, elsewhere.URL+"/?token=secret", http.StatusTemporaryRedirect)
		case to == "clear":
			http.Redirect(w, r, "http://"+r.Host+"/done", http.StatusPermanentRedirect)
		case to == "nonsense":
			w.Header().Set("Location", "http://a b/")
			w.WriteHeader(http.StatusFound)
		case to == "nowhere":
			w.WriteHeader(http.StatusFound)
		default:
			_, _ = io.WriteString(w, response(string(body), "1"))
		}
	}
	plain := serve(t, mux)
	secure := httptest.NewTLSServer(http.HandlerFunc(mux))
	t.Cleanup(secure.Close)

	const sent = `Basic YTpi {"jsonrpc":"2.0","method":"cat","id":1}`
	for _, code := range []string{"301", "302", "307", "308"} {
		posts = nil
		client := dial(t, strings.Replace(plain.URL, "//", "//a:b@", 1)+"/"+code+"/here")
		if err := client.Call(t.Context(), "cat", nil, nil); err != nil {
			t.Errorf("%s: %v", code, err)
		}
		if len(posts) != 2 || posts[0] != "POST /"+code+"/here "+sent || posts[1] != "POST /done "+sent {
			t.Errorf("%s: %q", code, posts)
		}
	}

	host := strings.TrimPrefix(secure.URL, "https://")
	for _, test := range []struct{ url, want string }{
		{plain.URL + "/303/here", "redirect: HTTP 303 to " + plain.URL + " asks for a GET, which JSON-RPC cannot be sent with: check the URL"},
		{plain.URL + "/x/away", "redirect: HTTP 307 to another origin refused: if " + elsewhere.URL + " is right, use it as the URL"},
		{secure.URL + "/x/clear", "redirect: HTTP 308 from https to http://" + host + " refused: it would send the request in the clear"},
		{plain.URL + "/x/loop", "redirect: stopped after 10 redirects"},
		{plain.URL + "/x/nonsense", "redirect: HTTP 302 with a Location that is not a URL"},
		{plain.URL + "/x/nowhere", "the server answered 302 Found"},
	} {
		posts = nil
		client := dial(t, test.url, jsonrpc.WithTLSConfig(secure.Client().Transport.(*http.Transport).TLSClientConfig))
		err := client.Call(t.Context(), "cat", nil, nil)
		wantError(t, err, "jsonrpc: cat at "+test.url+": "+test.want)
		if strings.HasPrefix(test.want, "redirect: ") && as[*transport.Error](t, err).Op != "redirect" {
			t.Errorf("%v", err)
		}
		if test.want == "redirect: stopped after 10 redirects" && len(posts) != 11 {
			t.Errorf("%d posts", len(posts))
		}
	}
}
