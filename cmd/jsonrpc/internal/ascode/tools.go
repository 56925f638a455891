package ascode

import "strings"

// curl writes a command line of curl.
func curl(c *Call) (string, error) {
	l := command("curl", "--silent", "--show-error", c.URL)
	if !has(c.Headers, "Content-Type") {
		l.option("--header", "Content-Type: application/json")
	}
	for _, h := range c.Headers {
		switch {
		case h.Variable != "":
			l.secret("--header", h.Name+": ", h.Variable)
		case h.Value == "": // which removes one
			l.option("--header", h.Name+":")
		default:
			l.option("--header", h.Name+": "+h.Value)
		}
	}
	if c.Bearer != "" {
		l.secret("--header", "Authorization: Bearer ", c.Bearer)
	}
	if c.User != "" {
		l.secret("--user", "", c.User)
	}
	if c.CookieFile != "" {
		l.fromFile("--user", c.CookieFile)
	}
	if c.Digest {
		l.option("--digest")
	}
	if c.Insecure {
		l.option("--insecure")
	}
	for _, o := range []struct{ flag, value string }{{"--cacert", c.CACert}, {"--cert", c.Cert}, {"--key", c.CertKey}, {"--proxy", c.Proxy}} {
		if o.value != "" {
			l.option(o.flag, o.value)
		}
	}
	if c.Timeout > 0 {
		l.option("--max-time", seconds(c.Timeout))
	}
	l.option("--data-raw", c.Message) // a text that begins with @ is no file
	return l.String(), refuse("curl", map[string]bool{"another server name": c.ServerName != ""})
}

// httpie writes a command line of HTTPie.
func httpie(c *Call) (string, error) {
	l := command("http", "--ignore-stdin", "--raw", c.Message)
	if c.Bearer != "" {
		l.secret("--auth-type bearer --auth", "", c.Bearer)
	}
	switch {
	case c.Digest:
		l.secret("--auth-type digest --auth", "", c.User)
	case c.User != "":
		l.secret("--auth", "", c.User)
	case c.CookieFile != "":
		l.fromFile("--auth", c.CookieFile)
	}
	if c.Insecure {
		l.option("--verify", "no")
	}
	for _, o := range []struct{ flag, value string }{{"--verify", c.CACert}, {"--cert", c.Cert}, {"--cert-key", c.CertKey}} {
		if o.value != "" {
			l.option(o.flag, o.value)
		}
	}
	if c.Proxy != "" {
		l.option("--proxy", "http:"+c.Proxy).option("--proxy", "https:"+c.Proxy)
	}
	if c.Timeout > 0 {
		l.option("--timeout", seconds(c.Timeout))
	}
	l.option("POST", c.URL)
	for _, h := range c.Headers {
		switch {
		case h.Variable != "":
			l.secret("", h.Name+":", h.Variable)
		case h.Value == "":
			l.option(h.Name + ":")
		default:
			l.option(h.Name + ":" + h.Value)
		}
	}
	return l.String(), refuse("httpie", map[string]bool{"another server name": c.ServerName != ""})
}

// websocat writes a command line of websocat, which sends a line and waits for
// one.
func websocat(c *Call) (string, error) {
	l := command("printf", `%s\n`, strings.ReplaceAll(c.Message, "\n", " "))
	l.b.WriteString(" | websocat")
	if !c.Notify {
		l.b.WriteString(" --no-close --one-message")
	}
	for _, h := range c.Headers {
		if h.Variable != "" {
			l.secret("--header", h.Name+": ", h.Variable)
		} else if h.Value != "" {
			l.option("--header", h.Name+": "+h.Value)
		}
	}
	if c.Bearer != "" {
		l.secret("--header", "Authorization: Bearer ", c.Bearer)
	}
	if c.User != "" {
		l.secret("--basic-auth", "", c.User)
	}
	if c.CookieFile != "" {
		l.fromFile("--basic-auth", c.CookieFile)
	}
	if c.Insecure {
		l.option("--insecure")
	}
	l.option(c.URL)
	return l.String(), refuse("websocat", map[string]bool{
		"a CA file": c.CACert != "", "a client certificate": c.Cert != "", "a proxy": c.Proxy != "", "another server name": c.ServerName != "",
		"--digest": c.Digest,
	})
}

// has reports whether a header is there.
func has(headers []Header, name string) bool {
	for _, h := range headers {
		if strings.EqualFold(h.Name, name) {
			return true
		}
	}
	return false
}
