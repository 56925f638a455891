package render

import (
	"bytes"
	"crypto/sha256"
	_ "embed" // the page's parts
	"encoding/base64"
	"html/template"
	"io"
	"strings"

	"github.com/yuin/goldmark"
	"github.com/yuin/goldmark/ast"
	"github.com/yuin/goldmark/extension"
	"github.com/yuin/goldmark/renderer"
	"github.com/yuin/goldmark/util"

	"example.com/jsonrpc/openrpc"
)

//go:embed page.css
var pageCSS string

//go:embed page.js
var pageJS string

//go:embed page.tmpl
var pageTemplate string

// page escapes whatever comes from the document for the place where it stands.
// The page's policy forbids all scripts but its own, and anything from elsewhere,
// so that an escape that was forgotten would not do harm either.
var page = template.Must(template.New("page").Funcs(template.FuncMap{
	"markdown": markdown,
	"note":     Field.note,
	"data":     errorData,
}).Parse(pageTemplate))

type pageData struct {
	Title, Version, Origin string
	Text                   string
	Servers                []pageServer
	Methods                []pageMethod
	CSS                    template.CSS
	JS                     template.JS
	Policy                 string
}

type pageServer struct{ URL, Text string }

type pageMethod struct {
	Name, Anchor, Signature, Summary, Text, How string
	Deprecated                                  bool
	Params                                      []Field
	Result                                      []Field
	Errors                                      []*openrpc.Error
	Examples                                    []Example
	DocsURL                                     string
}

// HTML writes the page as one file of HTML, which needs nothing else.
func (p Page) HTML(w io.Writer) error {
	hash := sha256.Sum256([]byte(pageJS))
	data := pageData{
		Title: p.title(), Version: p.Document.Info.Version, Text: p.Document.Info.Description, Origin: p.origin(),
		CSS: template.CSS(pageCSS), JS: template.JS(pageJS), //nolint:gosec // both are our own
		Policy: "default-src 'none'; base-uri 'none'; form-action 'none'; style-src 'unsafe-inline'; script-src 'sha256-" +
			base64.StdEncoding.EncodeToString(hash[:]) + "'",
	}
	for _, s := range p.Document.Servers {
		data.Servers = append(data.Servers, pageServer{s.URL, joined(s.Name, joined(s.Summary, s.Description))})
	}
	for _, m := range p.Document.Methods {
		one := pageMethod{
			Name: m.Name, Anchor: anchor(m.Name), Signature: Signature(m), Summary: Summary(m),
			Text: joined(m.Summary, m.Description), How: strings.TrimSpace(how(m)), Deprecated: m.Deprecated,
			Params: Params(m), Errors: m.Errors, Examples: p.examples(m),
		}
		if f := Result(m); f != nil {
			one.Result = []Field{*f}
		}
		if docs := m.ExternalDocs; docs != nil && isWeb(docs.URL) {
			one.DocsURL = docs.URL
		}
		data.Methods = append(data.Methods, one)
	}
	return page.Execute(w, data)
}

// isWeb reports whether an address is one to follow.
func isWeb(url string) bool {
	return strings.HasPrefix(url, "https://") || strings.HasPrefix(url, "http://")
}

// markdown makes HTML of a text of the document. HTML in it is shown, not obeyed,
// and addresses that would run something are left out.
func markdown(text string) (template.HTML, error) {
	var b bytes.Buffer
	if err := toHTML.Convert([]byte(text), &b); err != nil {
		return "", err
	}
	return template.HTML(b.String()), nil //nolint:gosec // of goldmark, with HTML in the text escaped
}

var toHTML = goldmark.New(
	goldmark.WithExtensions(extension.Table, extension.Strikethrough),
	goldmark.WithRendererOptions(renderer.WithNodeRenderers(util.Prioritized(shownHTML{}, 100))),
)

// shownHTML shows HTML as text, and images as what stands for them: the page loads
// nothing.
type shownHTML struct{}

func (shownHTML) RegisterFuncs(r renderer.NodeRendererFuncRegisterer) {
	r.Register(ast.KindRawHTML, func(w util.BufWriter, source []byte, n ast.Node, entering bool) (ast.WalkStatus, error) {
		if entering {
			segments := n.(*ast.RawHTML).Segments
			for i := range segments.Len() {
				s := segments.At(i)
				_, _ = w.Write(util.EscapeHTML(s.Value(source))) // a buffer
			}
		}
		return ast.WalkSkipChildren, nil
	})
	r.Register(ast.KindHTMLBlock, func(w util.BufWriter, source []byte, n ast.Node, entering bool) (ast.WalkStatus, error) {
		block := n.(*ast.HTMLBlock)
		if entering {
			_, _ = w.WriteString("<p>")
			for i := range block.Lines().Len() {
				s := block.Lines().At(i)
				_, _ = w.Write(util.EscapeHTML(s.Value(source)))
			}
		} else {
			if block.HasClosure() {
				_, _ = w.Write(util.EscapeHTML(block.ClosureLine.Value(source)))
			}
			_, _ = w.WriteString("</p>\n")
		}
		return ast.WalkContinue, nil
	})
	r.Register(ast.KindImage, func(util.BufWriter, []byte, ast.Node, bool) (ast.WalkStatus, error) {
		return ast.WalkContinue, nil // its text
	})
}
