package tap

import (
	"context"
	"errors"
	"io"
	"log"
	"net/http"
	"net/http/httputil"
	"net/url"
	"strings"

	"example.com/jsonrpc/jsonrpctest"
)

// HTTP passes on what clients send by POST and by WebSocket.
type HTTP struct {
	// Target is the server's URL, of the scheme http or https. A path that the
	// client asks for counts in place of its own; queries are joined.
	Target *url.URL
	// Trip sends requests, and authorizes them.
	Trip     http.RoundTripper
	Recorder *jsonrpctest.Recorder
	// Limit bounds a message in bytes.
	Limit int64
	// Failed is told of servers that cannot be reached.
	Failed func(error)
}

// Handler returns what serves the clients.
func (h *HTTP) Handler() http.Handler {
	proxy := &httputil.ReverseProxy{
		Rewrite: func(r *httputil.ProxyRequest) {
			r.Out.URL, r.Out.Host = h.address(r.In.URL), ""
			// What else a server may compress with, nobody could read in the recording.
			if accepted := r.Out.Header.Get("Accept-Encoding"); accepted != "" {
				r.Out.Header.Del("Accept-Encoding")
				if strings.Contains(accepted, "gzip") {
					r.Out.Header.Set("Accept-Encoding", "gzip")
				}
			}
		},
		Transport:     h.Recorder.HTTP(h.Trip),
		FlushInterval: -1,
		ErrorLog:      log.New(io.Discard, "", 0),
		ErrorHandler:  h.fail,
	}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if strings.EqualFold(r.Header.Get("Upgrade"), "websocket") {
			h.serveWebSocket(w, r)
			return
		}
		r.Body = http.MaxBytesReader(w, r.Body, h.Limit)
		proxy.ServeHTTP(w, r)
	})
}

// fail answers where the server has not.
func (h *HTTP) fail(w http.ResponseWriter, r *http.Request, err error) {
	if errors.Is(err, context.Canceled) && r.Context().Err() != nil {
		return // the client has gone
	}
	if large := (*http.MaxBytesError)(nil); errors.As(err, &large) {
		http.Error(w, "the message is larger than --max-reply of jsonrpc record", http.StatusRequestEntityTooLarge)
		return
	}
	h.Failed(err)
	http.Error(w, "jsonrpc record cannot reach the server", http.StatusBadGateway)
}

// address returns where a request goes.
func (h *HTTP) address(asked *url.URL) *url.URL {
	to := *h.Target
	to.User = nil
	if asked.Path != "" && asked.Path != "/" {
		to.Path, to.RawPath = asked.Path, asked.RawPath
	}
	switch {
	case to.RawQuery == "":
		to.RawQuery = asked.RawQuery
	case asked.RawQuery != "":
		to.RawQuery += "&" + asked.RawQuery
	}
	return &to
}
