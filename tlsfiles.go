package jsonrpc

import (
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"net/http"
	"os"
	"sync"
	"time"

	"example.com/jsonrpc/transport"
)

// certificateFiles are paths, empty where there is none.
type certificateFiles struct{ ca, cert, key string }

// tlsFiles are files with certificates, which others replace while a client
// lives: each new connection is made with what they hold then.
type tlsFiles struct {
	certificateFiles

	mu      sync.Mutex // for what follows
	config  *tls.Config
	checked time.Time
	stamps  [3]stamp
}

// A stamp tells whether a file has changed.
type stamp struct {
	modified time.Time
	size     int64
}

// loadCA reads the certificate authorities in a PEM file.
func loadCA(path string) (*x509.CertPool, error) {
	pem, err := os.ReadFile(path)
	if err != nil {
		return nil, fmt.Errorf("cannot read the CA file: %w", err)
	}
	pool := x509.NewCertPool()
	if !pool.AppendCertsFromPEM(pem) {
		return nil, fmt.Errorf("the CA file %s holds no certificate in PEM form", path)
	}
	return pool, nil
}

// reloadable returns the files of the options, ready to be read again, or nil if
// there are none.
func (d *dialSettings) reloadable() *tlsFiles {
	if d.files == (certificateFiles{}) {
		return nil
	}
	f := &tlsFiles{certificateFiles: d.files, config: d.tlsConfig, checked: time.Now()}
	f.stamps = f.stat()
	return f
}

func (f *tlsFiles) stat() (stamps [3]stamp) {
	for i, path := range []string{f.ca, f.cert, f.key} {
		if path == "" {
			continue
		}
		if info, err := os.Stat(path); err == nil {
			stamps[i] = stamp{info.ModTime(), info.Size()}
		}
	}
	return stamps
}

// current returns the configuration for a connection. The files are looked at if
// it is a new one, and otherwise once a second at most. While one of them cannot
// be used, because it is missing or half written, what was there before counts.
func (f *tlsFiles) current(isNew bool) *tls.Config {
	const often = time.Second
	f.mu.Lock()
	defer f.mu.Unlock()
	if !isNew && time.Since(f.checked) < often {
		return f.config
	}
	f.checked = time.Now()
	stamps := f.stat()
	if stamps == f.stamps {
		return f.config
	}
	config := f.config.Clone()
	var err error
	if f.ca != "" {
		if config.RootCAs, err = loadCA(f.ca); err != nil {
			return f.config
		}
	}
	if f.cert != "" {
		pair, err := tls.LoadX509KeyPair(f.cert, f.key)
		if err != nil {
			return f.config
		}
		config.Certificates = []tls.Certificate{pair}
	}
	f.config, f.stamps = config, stamps
	return config
}

// currentTLS returns the configuration for a new connection: config, or what the
// files say now.
func currentTLS(config *tls.Config, f *tlsFiles) *tls.Config {
	if f == nil {
		return config
	}
	return f.current(true)
}

// A reloader is an http.RoundTripper that makes its connections with the
// certificates there are: when they change, it lets go of the connections made
// with others, as soon as they are idle.
type reloader struct {
	files    *tlsFiles
	settings *dialSettings

	mu     sync.Mutex // for what follows
	failed bool       // the last request: its certificates may be old ones
	config *tls.Config
	rt     ownRoundTripper
}

// RoundTrip sends req over the transport of the moment.
func (r *reloader) RoundTrip(req *http.Request) (*http.Response, error) {
	resp, err := r.transport().RoundTrip(req)
	if err != nil {
		r.mu.Lock()
		defer r.mu.Unlock()
		r.failed = true
	}
	return resp, err
}

func (r *reloader) transport() ownRoundTripper {
	r.mu.Lock()
	defer r.mu.Unlock()
	config := r.files.current(r.failed)
	r.failed = false
	if r.rt == nil || r.config != config {
		if r.rt != nil {
			r.rt.CloseIdleConnections()
		}
		r.rt, r.config = r.settings.roundTripperWith(config), config
	}
	return r.rt
}

// CloseIdleConnections closes those of the transport of the moment.
func (r *reloader) CloseIdleConnections() {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.rt != nil {
		r.rt.CloseIdleConnections()
	}
}

// ownRoundTripper is made by Dial, not by its caller: it ends with the client.
type ownRoundTripper interface {
	http.RoundTripper
	CloseIdleConnections()
}

// wrapped is a RoundTripper with something around it.
type wrapped struct {
	http.RoundTripper
	inner ownRoundTripper
}

// CloseIdleConnections closes those of the inner one.
func (w *wrapped) CloseIdleConnections() { w.inner.CloseIdleConnections() }

// newRoundTripper makes the RoundTripper that the options ask for, with files to
// be read again, if there are any.
func (d *dialSettings) newRoundTripper(f *tlsFiles) ownRoundTripper {
	var rt ownRoundTripper
	if f != nil {
		rt = &reloader{files: f, settings: d}
	} else {
		rt = d.roundTripperWith(d.tlsConfig)
	}
	if d.wrap != nil {
		rt = &wrapped{d.wrap(rt), rt}
	}
	return rt
}

// roundTripperWith makes one for connections with config.
func (d *dialSettings) roundTripperWith(config *tls.Config) ownRoundTripper {
	if d.lean {
		return transport.NewLeanRoundTripper(&transport.LeanOptions{TLS: config, Proxy: d.http.Proxy, Address: d.address})
	}
	return connectTo(d.address, transport.NewRoundTripper(config, d.http.Proxy))
}
