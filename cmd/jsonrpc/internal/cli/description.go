package cli

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"example.com/jsonrpc"
	"example.com/jsonrpc/cmd/jsonrpc/internal/discover"
	"example.com/jsonrpc/internal/suggest"
	"example.com/jsonrpc/openrpc"
	"example.com/jsonrpc/transport"
)

// envCache names the folder of the cache.
const envCache = "JSONRPC_CACHE"

// A description says where what is known of a server's methods comes from.
type description struct {
	schema  string
	flag    string // that gave the schema, if it was not --schema
	via     string
	refresh bool
}

func (d *description) addFlags(cmd *cobra.Command) {
	addFlags(cmd, groupSchema, func(f *pflag.FlagSet) {
		f.Var(&text{value: &d.schema, kind: "FILE|URL"}, "schema", "take the description from this OpenRPC document, instead of asking\nthe server")
		f.Var(&text{value: &d.via, kind: "WAY", check: checkVia}, "via", "ask the server in this way alone: rpc.discover, system.listMethods,\nrpc_modules, mcp (its tools) or lsp (its capabilities)")
		f.BoolVar(&d.refresh, "refresh", false, "ask again, instead of using what was kept for a day")
	})
	completeWith(cmd, "via", ways)
}

func ways() []string {
	names := make([]string, len(discover.Ways))
	for i, via := range discover.Ways {
		names[i] = string(via)
	}
	return names
}

func checkVia(arg string) error {
	if !slices.Contains(ways(), arg) {
		return &usageError{fmt.Sprintf("%s is none of %s", shown(arg), strings.Join(ways(), ", "))}
	}
	return nil
}

// cache returns the cache of descriptions. Its folder need not be there, nor be
// possible.
func cache(s *session) discover.Cache {
	dir := s.process.Getenv(envCache)
	if dir == "" {
		if user, err := os.UserCacheDir(); err == nil {
			dir = filepath.Join(user, "jsonrpc")
		}
	}
	return discover.Cache{Dir: dir}
}

// cacheName is under which name the description of a target is kept; "" if it is
// not: the demo server is always at hand.
func (d *description) cacheName(at target) string {
	switch {
	case d.schema != "":
		return "schema " + d.schema
	case at.name == demoTarget:
		return ""
	}
	return strings.TrimSpace(at.name + " " + d.via)
}

// cached returns what is known of a target without asking anybody, nil if nothing.
func (d *description) cached(s *session, at target) *discover.Description {
	if name := d.cacheName(at); name != "" {
		return cache(s).Load(name)
	}
	return nil
}

// knownNames returns the names of the methods of a target as far as they are known
// without asking anybody.
func (d *description) knownNames(s *session, at target) []string {
	if known := d.known(s, at); known != nil {
		return known.MethodNames()
	}
	return nil
}

// known returns the description that is in a file, in the cache or in this process,
// nil if there is none. It asks nobody, and says nothing.
func (d *description) known(s *session, at target) *discover.Description {
	switch isURL := strings.Contains(d.schema, "://"); {
	case d.schema == "" && at.name == demoTarget:
		c := &connection{maxReply: jsonrpc.DefaultMaxReply, given: func(string) bool { return false }}
		found, _ := d.ask(s.input.ctx, s.muted(), c, at)
		return found
	case d.schema != "" && !isURL && strings.TrimPrefix(d.schema, "@") != "-":
		found, _ := d.readFile(s.muted())
		return found
	}
	return d.cached(s, at)
}

// find returns the description of the server: from the cache, from --schema, or
// from the server itself.
func (d *description) find(ctx context.Context, s *session, c *connection, at target) (*discover.Description, error) {
	if d.schema != "" && d.via != "" {
		return nil, &usageError{d.schemaFlag() + " and --via exclude each other"}
	}
	kept := d.cached(s, at)
	if kept != nil && !d.refresh && time.Since(kept.At) < discover.Fresh {
		s.sayAge(kept)
		return kept, nil
	}
	var (
		found *discover.Description
		err   error
	)
	switch isURL := strings.HasPrefix(d.schema, "http://") || strings.HasPrefix(d.schema, "https://"); {
	case isURL:
		found, err = d.download(ctx, s, c)
	case d.schema != "":
		return d.readFile(s) // always as it is now
	default:
		found, err = d.ask(ctx, s, c, at)
	}
	switch {
	case err == nil:
	case kept != nil && !d.refresh && (exitCode(err) == ExitUnreachable || exitCode(err) == ExitTimeout):
		s.warn(fmt.Sprintf("%v: this is what was known %s ago", err, kept.Age(time.Now())))
		return kept, nil
	default:
		return nil, err
	}
	if name := d.cacheName(at); name != "" {
		// Without a place to keep it, it is asked for each time.
		_ = cache(s).Store(name, found)
	}
	return found, nil
}

// sayAge says that nobody was asked.
func (s *session) sayAge(d *discover.Description) {
	s.say(fmt.Sprintf("the description is %s old (--refresh asks again)", d.Age(time.Now())))
}

func (d *description) readFile(s *session) (*discover.Description, error) {
	text, err := s.input.file(strings.TrimPrefix(d.schema, "@"), d.schemaFlag())
	if err != nil {
		return nil, err
	}
	return d.parse([]byte(text))
}

func (d *description) schemaFlag() string { return cmp.Or(d.flag, "--schema") }

func (d *description) parse(text []byte) (*discover.Description, error) {
	document, err := openrpc.Parse(text)
	if err != nil {
		return nil, &localError{fmt.Sprintf("%s: %s", d.schemaFlag(), strings.TrimPrefix(err.Error(), "openrpc: "))}
	}
	return &discover.Description{Via: discover.File, At: time.Now(), Document: document}, nil
}

// download gets the document at a URL. No credentials go there: they are for the
// server.
func (d *description) download(ctx context.Context, s *session, c *connection) (*discover.Description, error) {
	text, err := c.get(ctx, s, d.schema)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", d.schemaFlag(), err)
	}
	return d.parse(text)
}

// get returns what is at a URL, by the TLS and proxy settings of the connection.
func (c *connection) get(ctx context.Context, s *session, address string) ([]byte, error) {
	config, err := c.trust.config()
	if err != nil {
		return nil, err
	}
	proxy, err := c.parseProxy(s)
	if err != nil {
		return nil, err
	}
	if c.timeout > 0 {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeout(ctx, time.Duration(c.timeout))
		defer cancel()
	}
	rt := newRoundTripper(config, proxy)
	defer rt.CloseIdleConnections()
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, address, http.NoBody)
	if err != nil {
		return nil, &usageError{"it is no URL: write http://HOST/PATH or https://…"}
	}
	request.Header.Set("Accept", "application/json")
	response, err := (&http.Client{Transport: rt}).Do(request)
	if err != nil {
		if failed, ok := errors.AsType[*url.Error](err); ok { // which repeats the URL
			err = failed.Err
		}
		return nil, &transport.Error{Op: "connect", Err: err}
	}
	defer response.Body.Close()
	if response.StatusCode != http.StatusOK {
		return nil, &localError{"the server answered " + response.Status}
	}
	text, err := io.ReadAll(io.LimitReader(response.Body, int64(c.maxReply)+1))
	switch {
	case err != nil:
		return nil, &transport.Error{Op: "read", Err: err}
	case int64(len(text)) > int64(c.maxReply):
		return nil, &localError{"the document is larger than --max-reply"}
	}
	return text, nil
}

// ask asks the server.
func (d *description) ask(ctx context.Context, s *session, c *connection, at target) (*discover.Description, error) {
	client, err := c.dial(ctx, s, at)
	if err != nil {
		return nil, c.dialFailure(s, at, err)
	}
	defer func() { _ = client.Close() }()
	found, err := discover.Ask(ctx, discover.Server{
		Caller: client, HTTP: !isStream(at.scheme()), Via: discover.Via(d.via),
		LSP: c.framing.inUse(at.addresses[0]) == transport.Header.String(),
	})
	if errors.Is(err, discover.ErrNone) {
		return nil, fmt.Errorf("%w; --schema FILE|URL gives its description", err)
	}
	if err != nil {
		return nil, c.failure(s, client, "description", err)
	}
	return found, nil
}

// findMethod returns the method or tool of this name.
func findMethod(d *discover.Description, name string) (*openrpc.Method, error) {
	if err := checkMethod(name); err != nil {
		return nil, err
	}
	if m := d.Document.Method(name); m != nil {
		return m, nil
	}
	text := fmt.Sprintf("METHOD: %s is none of the %d methods that the server describes", shown(name), len(d.Document.Methods))
	if near := suggest.Nearest(name, d.MethodNames()); near != "" {
		text += fmt.Sprintf(", did you mean %q?", near)
	}
	return nil, &usageError{text}
}
