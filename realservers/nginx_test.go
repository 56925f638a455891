package realservers

import (
	"crypto/sha1"
	"encoding/base64"
	"net"
	"os"
	"path/filepath"
	"testing"
	"text/template"
)

const (
	nginxUser     = "alice"
	nginxPassword = "a password of nginx"
)

// startNginx returns the URL of an nginx in front of the server at upstream, and the path of the certificate to trust.
// See testdata/nginx.conf for its paths.
func startNginx(t *testing.T, upstream string) (url, cacert string) {
	t.Helper()
	dir, port := t.TempDir(), freePort(t)
	cacert = filepath.Join(dir, "cert.pem")
	writeCertificate(t, cacert, filepath.Join(dir, "key.pem"))
	hash := sha1.Sum([]byte(nginxPassword)) // a form of htpasswd that needs no program
	writeFile(t, filepath.Join(dir, "htpasswd"), []byte(nginxUser+":{SHA}"+base64.StdEncoding.EncodeToString(hash[:])))

	config, err := os.Create(filepath.Join(dir, "nginx.conf"))
	if err != nil {
		t.Fatal(err)
	}
	defer config.Close()
	err = template.Must(template.ParseFiles("testdata/nginx.conf")).Execute(config,
		struct{ Dir, Port, Upstream string }{dir, port, upstream})
	if err != nil {
		t.Fatal(err)
	}

	addr := net.JoinHostPort("127.0.0.1", port)
	start(t, listening(addr), program(t, "nginx"), "-p", dir, "-c", config.Name(), "-e", "stderr")
	return "https://" + addr, cacert
}
