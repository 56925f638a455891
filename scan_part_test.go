package jsonrpc

import (
	"strings"
	"testing"
)

// FuzzScanPart: a value that comes in parts is judged as one that is there.
func FuzzScanPart(f *testing.F) {
	for _, text := range []string{
		`{"a":[1,-0.5e+10,true,false,null,{}],"b\u00e9\n":"x"} `, `[]`, `[[],{}]`, `-`, `01`, `1.`, `1e`, `1e+`, `0 `, `12,`, `"a\`, `"\u12`, `"\x"`, "\"\n\"",
		`tru`, `nulL`, `[1,]`, `{"a":1,}`, `{"a"}`, `{1:2}`, `[1}`, `{"a":1]`, `-a`, ` 7`, `0.0E-7]`, strings.Repeat("[", maxDepth+1),
	} {
		f.Add([]byte(text), uint8(1))
	}
	f.Fuzz(func(t *testing.T, text []byte, size uint8) {
		want, wantErr := skipValue(text, skipSpace(text, 0))
		var s partScanner
		got, ended := 0, false
		for rest := text; len(rest) > 0 && !ended; {
			part := rest[:min(len(rest), 1+int(size))]
			n, end, err := s.scan(part)
			if err != nil {
				if wantErr == nil {
					t.Fatalf("%q in parts of %d: %v", text, 1+int(size), err)
				}
				return
			}
			if n != len(part) && !end {
				t.Fatalf("%q: %d bytes of %q are taken", text, n, part)
			}
			got, ended, rest = got+n, end, rest[n:]
		}
		switch {
		case ended && (wantErr != nil || got != want):
			t.Errorf("%q in parts of %d ends at %d, want %d (%v)", text, 1+int(size), got, want, wantErr)
		case !ended && wantErr == nil && want != len(text):
			t.Errorf("%q in parts of %d does not end, want %d", text, 1+int(size), want)
		}
	})
}
