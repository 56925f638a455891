package discover

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"example.com/jsonrpc/openrpc"
)

// A Cache is a folder with descriptions, one file for each server. What is wrong
// with a file makes it one that is not there.
type Cache struct{ Dir string }

// Fresh is how long a description is used without asking again.
const Fresh = 24 * time.Hour

// maxCached bounds what is read back.
const maxCached = 256 << 20

type entry struct {
	Via      Via             `json:"via"`
	At       time.Time       `json:"at"`
	Document json.RawMessage `json:"document"`
}

// path hashes the server's name, which may hold a password.
func (c Cache) path(server string) string {
	sum := sha256.Sum256([]byte(server))
	return filepath.Join(c.Dir, "discover", hex.EncodeToString(sum[:16])+".json")
}

// Load returns what was stored for a server, or nil.
func (c Cache) Load(server string) *Description {
	path := c.path(server)
	if info, err := os.Stat(path); err != nil || info.Size() > maxCached {
		return nil
	}
	text, err := os.ReadFile(path)
	if err != nil {
		return nil
	}
	var e entry
	if json.Unmarshal(text, &e) != nil {
		return nil
	}
	document, err := openrpc.Parse(e.Document)
	if err != nil {
		return nil
	}
	return &Description{Via: e.Via, At: e.At, Document: document}
}

// Store keeps a description for a server. Only the user can read it. The file is
// never half written: another command may read it at the same time.
func (c Cache) Store(server string, d *Description) error {
	text, err := json.Marshal(entry{d.Via, d.At, d.Document.Raw})
	if err != nil {
		return err
	}
	path := c.path(server)
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return err
	}
	temporary, err := os.CreateTemp(filepath.Dir(path), "new-*")
	if err != nil {
		return err
	}
	defer func() { _ = os.Remove(temporary.Name()) }() // of what was not renamed
	_, err = temporary.Write(text)
	if closeErr := temporary.Close(); err == nil {
		err = closeErr
	}
	if err != nil {
		return err
	}
	return os.Rename(temporary.Name(), path)
}

// Age says how old the description is, in one unit.
func (d *Description) Age(now time.Time) string {
	age := max(now.Sub(d.At), 0)
	units := []struct {
		name string
		size time.Duration
	}{{"day", 24 * time.Hour}, {"hour", time.Hour}, {"minute", time.Minute}, {"second", time.Second}}
	for _, u := range units {
		switch n := int(age / u.size); {
		case n == 1:
			return "1 " + u.name
		case n > 1:
			return fmt.Sprintf("%d %ss", n, u.name)
		}
	}
	return "0 seconds"
}
