package cli

import (
	"cmp"
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"os"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"example.com/jsonrpc"
)

// A trust says which server's certificate to believe, and which of one's own to
// show.
type trust struct {
	caFile, certFile, keyFile, serverName string
	insecure                              bool
}

func (t *trust) addFlags(cmd *cobra.Command) {
	addFlags(cmd, groupConnect, func(f *pflag.FlagSet) {
		f.Var(&text{value: &t.caFile, kind: "FILE"}, "cacert", "trust the certificate authorities in this PEM file, and no others")
		f.Var(&text{value: &t.certFile, kind: "FILE"}, "cert", "show this PEM certificate to the server")
		f.Var(&text{value: &t.keyFile, kind: "FILE"}, "key", "its key (default: in the same file)")
		f.Var(&text{value: &t.serverName, kind: "NAME"}, "servername", "expect the server's certificate to be for this name")
		f.BoolVarP(&t.insecure, "insecure", "k", false, "accept any certificate: anybody on the way can read and change\neverything")
	})
}

// check refuses files that cannot be used.
func (t *trust) check() error {
	_, err := t.config()
	return err
}

// options returns the options for a client that lives on: it reads files that
// change again.
func (t *trust) options() (options []jsonrpc.DialOption) {
	if t.caFile != "" {
		options = append(options, jsonrpc.WithCAFile(t.caFile))
	}
	if t.certFile != "" {
		options = append(options, jsonrpc.WithClientCert(t.certFile, cmp.Or(t.keyFile, t.certFile)))
	}
	if t.serverName != "" {
		options = append(options, jsonrpc.WithServerName(t.serverName))
	}
	if t.insecure {
		options = append(options, jsonrpc.WithInsecureSkipVerify())
	}
	return options
}

// config returns the TLS configuration, nil for the usual one.
func (t *trust) config() (*tls.Config, error) {
	if *t == (trust{}) {
		return nil, nil
	}
	config := &tls.Config{MinVersion: tls.VersionTLS12, ServerName: t.serverName, InsecureSkipVerify: t.insecure} //nolint:gosec // --insecure asks for it
	if t.caFile != "" {
		pem, err := os.ReadFile(t.caFile)
		if err != nil {
			return nil, &localError{fmt.Sprintf("--cacert: %v", err)}
		}
		config.RootCAs = x509.NewCertPool()
		if !config.RootCAs.AppendCertsFromPEM(pem) {
			return nil, &localError{fmt.Sprintf("--cacert: %s holds no certificate in PEM form", t.caFile)}
		}
	}
	switch {
	case t.certFile == "" && t.keyFile != "":
		return nil, &usageError{"--key is the key of a certificate: give that with --cert"}
	case t.certFile != "":
		cert, err := tls.LoadX509KeyPair(t.certFile, cmp.Or(t.keyFile, t.certFile))
		if err != nil {
			return nil, &localError{fmt.Sprintf("--cert: %v", err)}
		}
		config.Certificates = []tls.Certificate{cert}
	}
	return config, nil
}
