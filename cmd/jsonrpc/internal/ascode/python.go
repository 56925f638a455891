package ascode

import (
	"fmt"
	"net/url"
	"strings"
)

// python writes a program for Python 3 that needs nothing but its standard
// library.
func python(c *Call) (string, error) {
	if strings.HasPrefix(c.URL, "http") {
		return pythonHTTP(c)
	}
	return pythonSocket(c)
}

func pythonHTTP(c *Call) (string, error) {
	p := &program{}
	p.use("json", "urllib.request", "urllib.error")
	headers := []string{`"Content-Type": "application/json"`}
	if has(c.Headers, "Content-Type") {
		headers = nil
	}
	for _, h := range c.Headers {
		switch {
		case h.Variable != "":
			p.use("os")
			headers = append(headers, fmt.Sprintf("%s: os.environ[%s]", pyString(h.Name), pyString(h.Variable)))
		case h.Value != "":
			headers = append(headers, pyString(h.Name)+": "+pyString(h.Value))
		}
	}
	if c.Bearer != "" {
		p.use("os")
		headers = append(headers, fmt.Sprintf(`"Authorization": "Bearer " + os.environ[%s]`, pyString(c.Bearer)))
	}
	if c.User != "" {
		p.use("os", "base64")
		headers = append(headers, fmt.Sprintf(`"Authorization": "Basic " + base64.b64encode(os.environ[%s].encode()).decode()`, pyString(c.User)))
	}
	if c.CookieFile != "" {
		p.use("base64")
		headers = append(headers, fmt.Sprintf(`"Authorization": "Basic " + base64.b64encode(open(%s, "rb").read().strip()).decode()`, pyString(c.CookieFile)))
	}
	p.line("request = urllib.request.Request(")
	p.line("    %s,", pyString(c.URL))
	p.line("    data=%s.encode(),", pyString(c.Message))
	p.line("    headers={%s},", strings.Join(headers, ", "))
	p.line(")")
	arguments := ""
	if c.Timeout > 0 {
		arguments = ", timeout=" + seconds(c.Timeout)
	}
	handlers := ""
	if strings.HasPrefix(c.URL, "https") {
		handlers = "urllib.request.HTTPSHandler(context=" + p.context(c) + ")"
	}
	if c.Proxy != "" {
		if handlers != "" {
			handlers += ", "
		}
		handlers += fmt.Sprintf("urllib.request.ProxyHandler({%q: %s, %q: %s})", "http", pyString(c.Proxy), "https", pyString(c.Proxy))
	}
	p.line("opener = urllib.request.build_opener(%s)", handlers)
	p.line("try:")
	p.line("    reply = opener.open(request%s).read()", arguments)
	p.line("except urllib.error.HTTPError as refused:  # which may have an answer, too")
	p.line("    reply = refused.read()")
	p.answer(c)
	return p.String(), refuse("python", map[string]bool{"another server name": c.ServerName != "", "--digest": c.Digest})
}

func pythonSocket(c *Call) (string, error) {
	p := &program{}
	p.use("json", "socket")
	u, err := url.Parse(c.URL)
	if err != nil {
		return "", fmt.Errorf("the URL cannot be parsed")
	}
	timeout := "None"
	if c.Timeout > 0 {
		timeout = seconds(c.Timeout)
	}
	if u.Scheme == "unix" {
		p.line("connection = socket.socket(socket.AF_UNIX)")
		p.line("connection.settimeout(%s)", timeout)
		p.line("connection.connect(%s)", pyString(u.Host+u.Path+u.Opaque))
	} else {
		p.line("connection = socket.create_connection((%s, %s), timeout=%s)", pyString(u.Hostname()), u.Port(), timeout)
	}
	if u.Scheme == "tls" {
		name := u.Hostname()
		if c.ServerName != "" {
			name = c.ServerName
		}
		p.line("connection = %s.wrap_socket(connection, server_hostname=%s)", p.context(c), pyString(name))
	}
	p.line("message = %s.encode()", pyString(c.Message))
	p.line(`stream = connection.makefile("rwb")`)
	switch c.Framing {
	case "header":
		p.line(`stream.write(b"Content-Length: %%d\r\n\r\n" %% len(message) + message)`)
	case "netstring":
		p.line(`stream.write(b"%%d:%%s," %% (len(message), message))`)
	case "bare":
		p.line("stream.write(message)")
	default:
		p.line(`stream.write(message + b"\n")`)
	}
	p.line("stream.flush()")
	if c.Notify {
		return p.String(), nil
	}
	switch c.Framing {
	case "header":
		p.line("length = 0")
		p.line("while line := stream.readline().strip():")
		p.line(`    name, _, value = line.partition(b":")`)
		p.line(`    if name.lower() == b"content-length":`)
		p.line("        length = int(value)")
		p.line("reply = stream.read(length)")
	case "netstring":
		p.line(`length = b""`)
		p.line(`while (digit := stream.read(1)) not in (b":", b""):`)
		p.line("    length += digit")
		p.line("reply = stream.read(int(length))")
	case "bare":
		p.line(`reply = b""`)
		p.line("while part := stream.read1():")
		p.line("    reply += part")
		p.line("    try:")
		p.line("        json.loads(reply)")
		p.line("        break")
		p.line("    except ValueError:  # there is more to come")
		p.line("        pass")
	default:
		p.line("reply = stream.readline()")
	}
	p.answer(c)
	return p.String(), nil
}

// A program is one of Python.
type program struct {
	modules []string
	lines   strings.Builder
}

func (p *program) use(modules ...string) {
	for _, m := range modules {
		if !strings.Contains(" "+strings.Join(p.modules, " ")+" ", " "+m+" ") {
			p.modules = append(p.modules, m)
		}
	}
}

func (p *program) line(format string, args ...any) {
	fmt.Fprintf(&p.lines, format+"\n", args...)
}

// context writes what is to be done about TLS, and returns its name.
func (p *program) context(c *Call) string {
	p.use("ssl")
	cafile := ""
	if c.CACert != "" {
		cafile = "cafile=" + pyString(c.CACert)
	}
	p.line("context = ssl.create_default_context(%s)", cafile)
	if c.Insecure {
		p.line("context.check_hostname = False")
		p.line("context.verify_mode = ssl.CERT_NONE")
	}
	if c.Cert != "" {
		key := ""
		if c.CertKey != "" {
			key = ", " + pyString(c.CertKey)
		}
		p.line("context.load_cert_chain(%s%s)", pyString(c.Cert), key)
	}
	return "context"
}

// answer writes what is done with the reply.
func (p *program) answer(c *Call) {
	if c.Notify {
		return
	}
	p.line("answer = json.loads(reply)")
	if c.Method == "" { // a batch, or a message of the user's own
		p.line("print(json.dumps(answer, ensure_ascii=False))")
		return
	}
	p.line(`if answer.get("error") is not None:`)
	p.line(`    raise SystemExit(json.dumps(answer["error"], ensure_ascii=False))`)
	p.line(`print(json.dumps(answer["result"], ensure_ascii=False))`)
}

func (p *program) String() string {
	var b strings.Builder
	for _, m := range p.modules {
		b.WriteString("import " + m + "\n")
	}
	return b.String() + "\n" + p.lines.String()
}

// pyString is a string of Python's. What json.dumps writes is one, but that
// surrogates are no characters there: so none is written.
func pyString(s string) string {
	var b strings.Builder
	b.WriteByte('"')
	for _, r := range s {
		switch {
		case r == '"' || r == '\\':
			b.WriteByte('\\')
			b.WriteRune(r)
		case r == '\n':
			b.WriteString(`\n`)
		case r < ' ' || r == 0x7f:
			fmt.Fprintf(&b, `\x%02x`, r)
		case r == 0x2028 || r == 0x2029 || r == 0x85:
			fmt.Fprintf(&b, `\u%04x`, r)
		default:
			b.WriteRune(r)
		}
	}
	b.WriteByte('"')
	return b.String()
}
