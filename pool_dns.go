package jsonrpc

import (
	"context"
	"fmt"
	"net"
	"net/netip"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"
)

// A Resolver looks names up. A *net.Resolver is one.
type Resolver interface {
	LookupNetIP(ctx context.Context, network, host string) ([]netip.Addr, error)
	LookupSRV(ctx context.Context, service, proto, name string) (cname string, records []*net.SRV, err error)
}

// DNSOptions are the settings of [DNS] and [SRV]. Nil, and any zero field, means the
// default.
type DNSOptions struct {
	// Interval is the time between two lookups. The default is 30 seconds: package net
	// does not tell how long an answer is valid.
	Interval time.Duration
	// Resolver looks up; the default is net.DefaultResolver.
	Resolver Resolver
	// Network is ip, which is the default, ip4 or ip6: the addresses that DNS takes.
	Network string
	// VerifyTarget has [SRV] verify TLS certificates against the names of the servers
	// that DNS has told, instead of the name that was asked for. Whoever can forge
	// answers of DNS can then be such a server.
	VerifyTarget bool
	// Endpoint, if not nil, may change an endpoint that was found before the pool gets
	// it: its Options, its Priority.
	Endpoint func(*Endpoint)
}

// DNS are the servers that the name in a URL stands for, one for each address that it
// has (records A and AAAA). It is looked up again at an interval. TLS certificates are
// verified against the name, and headers have it, see [WithAddress].
//
//	pool, err := jsonrpc.NewPool(ctx, jsonrpc.DNS("http://pets.internal:8080", nil))
//
// If a lookup fails, the pool keeps the servers it has.
func DNS(rawURL string, opts *DNSOptions) Source {
	return lookup(rawURL, opts, (*DNSOptions).addresses)
}

// SRV are the servers that the SRV records tell (RFC 2782) of the name in a URL, which
// has no port: that is told, too. Their priorities and weights are those of the records,
// and the names that are told are looked up when they are connected to.
//
//	pool, err := jsonrpc.NewPool(ctx, jsonrpc.SRV("https://_rpc._tcp.pets.internal", nil))
//
// TLS certificates are verified against the name without its labels that begin with an
// underscore, as here pets.internal (RFC 6125, 6.2.1), and headers have it; see
// [DNSOptions.VerifyTarget]. Otherwise it is as [DNS].
func SRV(rawURL string, opts *DNSOptions) Source {
	return lookup(rawURL, opts, (*DNSOptions).records)
}

// lookup is a Source that looks up the host of a URL.
func lookup(rawURL string, opts *DNSOptions, find func(*DNSOptions, context.Context, *url.URL) ([]Endpoint, error)) Source {
	var set DNSOptions
	if opts != nil {
		set = *opts
	}
	if set.Interval <= 0 {
		set.Interval = 30 * time.Second
	}
	if set.Resolver == nil {
		set.Resolver = net.DefaultResolver
	}
	if set.Network == "" {
		set.Network = "ip"
	}
	return Poll(set.Interval, func(ctx context.Context) ([]Endpoint, error) {
		u, err := url.Parse(rawURL)
		if err != nil || u.Hostname() == "" {
			return nil, &MessageError{Reason: "the URL to look up must have the form SCHEME://NAME…"}
		}
		ctx, cancel := context.WithTimeout(ctx, attemptTime)
		defer cancel()
		found, err := find(&set, ctx, u)
		if err != nil {
			return nil, err
		}
		if set.Endpoint != nil {
			for i := range found {
				set.Endpoint(&found[i])
			}
		}
		return found, nil
	})
}

// addresses returns an endpoint for each address of u's host.
func (o *DNSOptions) addresses(ctx context.Context, u *url.URL) ([]Endpoint, error) {
	port := u.Port()
	if port == "" {
		port = map[string]string{"http": "80", "ws": "80", "https": "443", "wss": "443"}[strings.ToLower(u.Scheme)]
	}
	if port == "" {
		return nil, &MessageError{Reason: fmt.Sprintf("the URL must have the form %s://NAME:PORT", u.Scheme)}
	}
	addresses, err := o.Resolver.LookupNetIP(ctx, o.Network, u.Hostname())
	if err == nil && len(addresses) == 0 {
		err = &net.DNSError{Err: "no addresses", Name: u.Hostname()}
	}
	if err != nil {
		return nil, err
	}
	for i, a := range addresses {
		addresses[i] = a.Unmap()
	}
	slices.SortFunc(addresses, netip.Addr.Compare)
	var found []Endpoint
	for _, a := range slices.Compact(addresses) {
		found = append(found, Endpoint{URL: u.String(), Address: net.JoinHostPort(a.String(), port)})
	}
	return found, nil
}

// records returns an endpoint for each SRV record of u's host.
func (o *DNSOptions) records(ctx context.Context, u *url.URL) ([]Endpoint, error) {
	if u.Port() != "" {
		return nil, &MessageError{Reason: "the URL of SRV records has no port: the records tell it"}
	}
	_, records, err := o.Resolver.LookupSRV(ctx, "", "", u.Hostname())
	if err != nil {
		return nil, err
	}
	domain := u.Hostname()
	for strings.HasPrefix(domain, "_") {
		_, domain, _ = strings.Cut(domain, ".")
	}
	var found []Endpoint
	for _, r := range records {
		target, port := strings.TrimSuffix(r.Target, "."), strconv.Itoa(int(r.Port))
		if target == "" { // "." says that there is decidedly no such service
			continue
		}
		e := Endpoint{Address: net.JoinHostPort(target, port), Priority: int(r.Priority), Weight: int(r.Weight)}
		at := *u
		if at.Host = net.JoinHostPort(domain, port); o.VerifyTarget || domain == "" {
			at.Host, e.Address = e.Address, ""
		}
		e.URL = at.String()
		found = append(found, e)
	}
	return found, nil
}
