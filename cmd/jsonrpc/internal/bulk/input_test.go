package bulk

import (
	"errors"
	"io"
	"strings"
	"testing"
)

func TestCSV(t *testing.T) {
	const text = "\ufeffname,age:=,\"two words\"\r\nMittens,3,\"a \"\"b\"\"\nc\"\r\n\r\nTom,null,\r\nBad,x,y\r\nfew,1\r\n"
	tests := map[bool][]string{
		false: {`{"name":"Mittens","age":3,"two words":"a \"b\"\nc"}`, `{"name":"Tom","age":null,"two words":""}`},
		true:  {`["Mittens",3,"a \"b\"\nc"]`, `["Tom",null,""]`},
	}
	for byPosition, want := range tests {
		source, err := CSV(strings.NewReader(text), "cat", byPosition)
		if err != nil {
			t.Fatal(err)
		}
		for _, params := range want {
			c, err := source.Next()
			if err != nil || c.Method != "cat" || string(c.Params) != params {
				t.Errorf("%+v %v, want %s", c, err, params)
			}
		}
		for _, reason := range []string{"line 6: has a column age that is no JSON", "line 7: has 2 columns, and the first line 3"} {
			_, err = source.Next()
			wrong := (*InputError)(nil)
			if !errors.As(err, &wrong) || err.Error() != reason {
				t.Errorf("%v, want %s", err, reason)
			}
		}
		if _, err = source.Next(); err != io.EOF {
			t.Error(err)
		}
		if n := source.Consumed(); n != int64(len(text)) {
			t.Errorf("%d bytes consumed of %d", n, len(text))
		}
	}
}

func TestCSVRefuses(t *testing.T) {
	for text, want := range map[string]string{
		"":          "the first line must name the columns",
		"a,a\n":     `column 2 is called "a": each needs a name of its own`,
		"a,\n":      `column 2 is called ""`,
		"a,\"b\nc":  "the first line must name the columns",
		"a,a:=\n1,": `column 2 is called "a"`,
	} {
		if _, err := CSV(strings.NewReader(text), "m", false); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: %v, want %q", text, err, want)
		}
	}
}

// What cannot be read as CSV ends the input, at whatever column.
func TestCSVEnds(t *testing.T) {
	for _, text := range []string{"a,b\nx\"y,1\n", "a,b\n1,x\"y\n", "a,b\n\"x\"y,1\n", "a,b\n\"x,1\n"} {
		source, err := CSV(strings.NewReader(text), "m", false)
		if err != nil {
			t.Fatal(err)
		}
		if _, err = source.Next(); err == nil || !strings.HasPrefix(err.Error(), "line ") {
			t.Errorf("%q: %v", text, err)
		}
	}
}

func FuzzLines(f *testing.F) {
	f.Add(`{"method":"m","params":[1],"id":"a"}` + "\n\n{}")
	f.Fuzz(func(t *testing.T, text string) {
		source := Lines(strings.NewReader(text))
		for range len(text) + 2 {
			c, err := source.Next()
			wrong := (*InputError)(nil)
			switch {
			case err == nil && (c.Method == "" || len(c.ID) == 0 || c.Line < 1):
				t.Fatalf("%+v", c)
			case err != nil && !errors.As(err, &wrong):
				return
			}
		}
		t.Fatal("it does not end")
	})
}
