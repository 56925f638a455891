package nats

import (
	"crypto/tls"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"time"

	natsgo "github.com/nats-io/nats.go"
)

// defaultReconnectWait is that of [Options.ReconnectWait].
const defaultReconnectWait = 10 * time.Second

// ErrNoResponders is in the error of a call if nobody listens on its subject. Such
// a call was certainly not sent to any server.
var ErrNoResponders = natsgo.ErrNoResponders

// Options are the settings of [Dial] and [DialSubscription]. Nil, and any zero
// field, means the default.
type Options struct {
	// User and Password are sent to the NATS server.
	User, Password string

	// Token is sent to the NATS server instead.
	Token string

	// Credentials is the name of a file with a JWT and the seed of its NKEY, as
	// the tools of NATS write it (.creds).
	Credentials string

	// NKey is the name of a file with the seed of an NKEY.
	NKey string

	// TLS turns TLS on. Without it TLS is used, with the system's certificates,
	// if the NATS server insists.
	TLS *tls.Config

	// Header, of Dial only, goes with each message. Those of a message itself are
	// added to it; see [transport.Message].
	Header http.Header

	// ReconnectWait, of Dial only, is how long a call waits while the connection
	// to NATS is made again. Then it fails, unsent. The default is 10 seconds.
	ReconnectWait time.Duration

	// Queue, of DialSubscription only, is a queue group: each event goes to one
	// of its members.
	Queue string

	// More are options of nats.go, for what is not here, such as
	// natsgo.CustomInboxPrefix. The handlers among them are called as well.
	More []natsgo.Option
}

// natsOptions returns the options as nats.go has them.
func (o *Options) natsOptions(servers string) (natsgo.Options, error) {
	n := natsgo.GetDefaultOptions()
	n.Name = "jsonrpc"
	n.Timeout = 10 * time.Second
	n.PingInterval = 20 * time.Second
	n.SkipHostLookup = true // the dialer looks it up, and stops when the context ends
	for server := range strings.SplitSeq(servers, ",") {
		if server == "" {
			return n, errors.New("an empty name among the servers: write HOST:PORT,HOST:PORT")
		}
		if strings.Contains(server, "@") { // which errors and logs would show
			return n, errors.New("a URL of a server has a user, a password or a token: use the fields of Options for them")
		}
		n.Servers = append(n.Servers, server)
	}
	n.User, n.Password, n.Token = o.User, o.Password, o.Token
	if o.TLS != nil {
		n.Secure, n.TLSConfig = true, o.TLS
	}
	more := o.More
	if o.Credentials != "" {
		more = append(slices.Clip(more), natsgo.UserCredentials(o.Credentials))
	}
	if o.NKey != "" {
		seed, err := natsgo.NkeyOptionFromSeed(o.NKey)
		if err != nil {
			return n, fmt.Errorf("the file with the seed of the NKEY: %w", err)
		}
		more = append(slices.Clip(more), seed)
	}
	for _, option := range more {
		if err := option(&n); err != nil {
			return n, err
		}
	}
	if n.AsyncErrorCB == nil { // that of nats.go prints
		n.AsyncErrorCB = func(*natsgo.Conn, *natsgo.Subscription, error) {}
	}
	return n, nil
}

// checkSubject refuses subjects that NATS would take for something else.
func checkSubject(subject string, wildcards bool) error {
	bad := ""
	tokens := strings.Split(subject, ".")
	for i, token := range tokens {
		switch {
		case subject == "":
			bad = "it is empty"
		case token == "":
			bad = "a part of it is empty"
		case strings.ContainsAny(token, " \t\r\n\x00"):
			bad = "it has white space in it"
		case token == "*" || token == ">":
			if !wildcards {
				bad = "wildcards are for subscriptions"
			} else if token == ">" && i < len(tokens)-1 {
				bad = "> can only be its end"
			}
		}
	}
	if bad != "" {
		return fmt.Errorf("the subject %.100q: %s", subject, bad)
	}
	return nil
}
