package cli

import (
	"context"
	"slices"
	"time"

	"example.com/jsonrpc"
)

// dial returns a client for the server, or for all of several as one.
func (c *connection) dial(ctx context.Context, s *session, at target, more ...jsonrpc.DialOption) (*jsonrpc.Client, error) {
	var endpoints []jsonrpc.Endpoint
	for _, address := range at.addresses {
		options, err := c.endpointOptions(s, address)
		if err != nil {
			return nil, err
		}
		if address == demoTarget {
			address = demoURL
		}
		endpoints = append(endpoints, jsonrpc.Endpoint{URL: address, Options: options})
	}
	around, err := c.dialect.clientOptions(c.strict)
	if err != nil {
		return nil, err
	}
	around = append(around, c.reliability.options()...)
	if c.wholeTimeout() != time.Duration(c.timeout) {
		around = append(around, jsonrpc.WithInterceptors(within(time.Duration(c.timeout))))
	}
	options := slices.Concat(c.replyOptions(s), more, secretOption(at.secrets))
	for _, option := range around {
		options = append(options, option)
	}
	if c.timeout > 0 { // for transports that connect at once
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeout(ctx, time.Duration(c.timeout))
		defer cancel()
	}
	if len(endpoints) == 1 {
		return jsonrpc.Dial(ctx, endpoints[0].URL, append(options, endpoints[0].Options...)...)
	}
	pooled := []jsonrpc.PoolOption{c.reliability.strategy.option()}
	for _, option := range options {
		pooled = append(pooled, option)
	}
	pool, err := jsonrpc.NewPool(ctx, jsonrpc.Endpoints(endpoints...), pooled...)
	if err != nil {
		return nil, err
	}
	return pool.Client, nil
}

// within bounds what is inside of it, which the wait for a turn is not.
func within(timeout time.Duration) jsonrpc.Interceptor {
	return func(next jsonrpc.Invoker) jsonrpc.Invoker {
		return func(ctx context.Context, x *jsonrpc.Exchange) error {
			ctx, cancel := context.WithTimeout(ctx, timeout)
			defer cancel()
			return next(ctx, x)
		}
	}
}

// endpointOptions returns the options for one server: how to get there, who to be
// there, and the log, which shows each attempt.
func (c *connection) endpointOptions(s *session, address string) ([]jsonrpc.DialOption, error) {
	if err := checkEffects(schemeOf(address), c.given, c.place.nameOf, c.proxied(s)); err != nil {
		return nil, err
	}
	who, err := c.credentials.identify(s, acceptsEnvironment(s, address))
	if err != nil {
		return nil, err
	}
	options := who.options()
	carrier, err := c.carrierOptions(s, address)
	if c.verbose > 0 {
		options = append(options, jsonrpc.WithLogger(newArrows(s)))
	}
	return append(options, carrier...), err
}

func secretOption(secrets []string) []jsonrpc.DialOption {
	if len(secrets) == 0 {
		return nil
	}
	return []jsonrpc.DialOption{jsonrpc.WithSecrets(secrets...)}
}
