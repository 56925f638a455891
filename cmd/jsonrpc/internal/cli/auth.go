package cli

import (
	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"example.com/jsonrpc/auth"
)

// Environment variables with credentials for every TARGET.
const (
	envUser   = "JSONRPC_USER"
	envBearer = "JSONRPC_BEARER"
)

// credentials are headers and what else says who the caller is. Each value may
// be given as @file or env:NAME, because arguments can be seen by everybody on
// the machine and stay in the shell's history.
type credentials struct {
	headers             []string
	base                []string // headers of the profile, over which those of the command line count
	user, bearer        string
	cookieFile, jwtFile string
	hmac                string
	digest              bool
	marked              []string
}

func (c *credentials) addFlags(cmd *cobra.Command) {
	addFlags(cmd, groupAuth, func(f *pflag.FlagSet) {
		f.VarP(&texts{values: &c.headers, base: &c.base, kind: "'NAME: VALUE'"}, "header", "H", "send this header, or with nothing after the colon do not send it;\n@FILE: those in a file, a line each")
		f.VarP(&text{value: &c.user, kind: "NAME:PASSWORD"}, "user", "u", "basic authentication (default: "+envUser+")")
		f.BoolVar(&c.digest, "digest", false, "digest authentication in place of basic, as Monero wants it")
		f.Var(&text{value: &c.bearer, kind: "TOKEN"}, "bearer", "bearer token (default: "+envBearer+"); one of a file or a program is\nread again after HTTP 401")
		f.Var(&text{value: &c.cookieFile, kind: "FILE"}, "cookie-file", "basic authentication by the NAME:PASSWORD in this file, read again\nafter HTTP 401: Bitcoin's .cookie")
		f.Var(&text{value: &c.jwtFile, kind: "FILE"}, "jwt-file", "a token for each message, signed with the hexadecimal key in this\nfile: the jwt.hex of Ethereum's Engine API")
		f.Var(&text{value: &c.hmac, kind: "'NAME: KEY'"}, "hmac", "send in this header the HMAC-SHA-256 of each message, in hexadecimal;\n'NAME: sha256=KEY' puts sha256= before it")
		f.Var(&texts{values: &c.marked, kind: "TEXT"}, "secret", "never show this on stderr: a token in a param, a key in a path")
	})
}

// whoFlags are flags of which only one can say who the caller is.
var whoFlags = []string{"user", "bearer", "cookie-file", "jwt-file"}

// identify returns who the caller is. What counts most are flags, then the
// TARGET's own user and password, then the environment.
func (c *credentials) identify(s *session, useEnvironment bool) (*identity, error) {
	id := &identity{}
	if err := c.readMarked(s, id); err != nil {
		return nil, err
	}
	var err error
	if id.headers, err = c.readHeaders(s); err != nil {
		return nil, err
	}
	user, bearer, err := c.who(s, useEnvironment && len(id.headers["Authorization"]) == 0)
	if err != nil {
		return nil, err
	}
	switch {
	case user != "":
		err = id.setUser(s, user, c.digest)
	case c.digest:
		err = &usageError{"--digest wants the name and the password: give them with --user"}
	case bearer != "":
		err = id.setBearer(s, bearer)
	case c.cookieFile != "":
		id.auths = append(id.auths, auth.CookieFile(c.cookieFile))
	case c.jwtFile != "":
		id.auths = append(id.auths, auth.JWTFile(c.jwtFile, nil))
	}
	if err == nil && c.hmac != "" {
		err = id.sign(s, c.hmac)
	}
	return id, err
}

// who returns the user and the token, of the flags or else of the environment.
func (c *credentials) who(s *session, useEnvironment bool) (user, bearer string, err error) {
	var given []string
	for i, value := range []string{c.user, c.bearer, c.cookieFile, c.jwtFile} {
		if value != "" {
			given = append(given, "--"+whoFlags[i])
		}
	}
	switch {
	case len(given) > 1:
		return "", "", &usageError{given[0] + " and " + given[1] + " exclude each other"}
	case len(given) == 1 || !useEnvironment:
		return c.user, c.bearer, nil
	}
	user, bearer = fromEnvironment(s, envUser), fromEnvironment(s, envBearer)
	if user != "" && bearer != "" {
		return "", "", &usageError{envUser + " and " + envBearer + " exclude each other: unset one, or use --user or --bearer"}
	}
	return user, bearer, nil
}

// fromEnvironment returns a variable's value in a form that input.secret leaves
// as it is.
func fromEnvironment(s *session, name string) string {
	if s.process.Getenv(name) == "" {
		return ""
	}
	return "env:" + name
}

// readMarked marks what the user says is secret.
func (c *credentials) readMarked(s *session, id *identity) error {
	for _, value := range c.marked {
		value, err := s.input.secret(value, "--secret", s.process.Getenv)
		if err != nil {
			return err
		}
		if value == "" {
			return &usageError{"--secret wants a text, @FILE or env:NAME"}
		}
		s.secrets.add(value)
		id.secrets = append(id.secrets, value)
	}
	return nil
}

// hint says which flags the credentials came from, for the sentence about their
// refusal.
func (c *credentials) hint(s *session) string {
	given := c.user != "" || c.bearer != "" || c.cookieFile != "" || c.jwtFile != "" || c.hmac != "" || len(c.headers)+len(c.base) > 0 ||
		s.process.Getenv(envUser) != "" || s.process.Getenv(envBearer) != ""
	if given {
		return "the server does not accept these credentials"
	}
	return "use --user or --bearer, each also from @FILE or env:NAME"
}
