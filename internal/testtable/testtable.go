// Package testtable reads the JSON tables under the repository's testdata
// folder, which hold the expected behaviour of the standards' algorithms in a
// form that other implementations can use too.
//
// testdata/README.md describes the format.
package testtable

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"testing"
)

// A Case is one row of a table: what goes into the algorithm and what the
// standard says comes out of it.
type Case[I, W any] struct {
	Name   string `json:"name"`   // unique within the table
	Source string `json:"source"` // where the expectation comes from
	In     I      `json:"in"`
	Want   W      `json:"want"`
}

type table[I, W any] struct {
	Algorithm string            `json:"algorithm"`
	Spec      string            `json:"spec"`
	Fields    map[string]string `json:"fields"`
	Cases     []Case[I, W]      `json:"cases"`
}

// Run runs f as a subtest for each case of testdata/file.
func Run[I, W any](t *testing.T, file string, f func(t *testing.T, in I, want W)) {
	t.Helper()
	for _, c := range Load[I, W](t, file) {
		t.Run(c.Name, func(t *testing.T) { f(t, c.In, c.Want) })
	}
}

// Load returns the cases of testdata/file, for instance to seed a fuzz test. It
// fails the test if the table is malformed, has an unknown field, a case
// without name or source, or two cases of one name.
func Load[I, W any](tb testing.TB, file string) []Case[I, W] {
	tb.Helper()
	data, err := os.ReadFile(locate(tb, file))
	if err != nil {
		tb.Fatal(err)
	}
	cases, err := parse[I, W](data)
	if err != nil {
		tb.Fatalf("testdata/%s: %v", file, err)
	}
	return cases
}

func parse[I, W any](data []byte) ([]Case[I, W], error) {
	dec := json.NewDecoder(bytes.NewReader(data))
	dec.DisallowUnknownFields()
	var tab table[I, W]
	if err := dec.Decode(&tab); err != nil {
		return nil, err
	}
	if tab.Algorithm == "" || tab.Spec == "" || len(tab.Fields) == 0 || len(tab.Cases) == 0 {
		return nil, fmt.Errorf("algorithm, spec, fields and cases are required")
	}
	seen := make(map[string]bool, len(tab.Cases))
	for i, c := range tab.Cases {
		switch {
		case c.Name == "":
			return nil, fmt.Errorf("case %d has no name", i)
		case c.Source == "":
			return nil, fmt.Errorf("case %q has no source", c.Name)
		case seen[c.Name]:
			return nil, fmt.Errorf("two cases are called %q", c.Name)
		}
		seen[c.Name] = true
	}
	return tab.Cases, nil
}

// locate finds testdata/file in the working directory, which is the folder of
// the package under test, or the nearest folder above it.
func locate(tb testing.TB, file string) string {
	tb.Helper()
	dir, err := os.Getwd()
	if err != nil {
		tb.Fatal(err)
	}
	for {
		path := filepath.Join(dir, "testdata", file)
		if _, err := os.Stat(path); err == nil {
			return path
		}
		parent := filepath.Dir(dir)
		if parent == dir {
			tb.Fatalf("testdata/%s is in no folder above the test", file)
		}
		dir = parent
	}
}

// Bytes is a byte sequence. In JSON it is written isomorphically: the code
// point U+00NN stands for the byte 0xNN, so that every byte can be written.
type Bytes string

// UnmarshalJSON implements [json.Unmarshaler].
func (b *Bytes) UnmarshalJSON(data []byte) error {
	var s string
	if err := json.Unmarshal(data, &s); err != nil {
		return err
	}
	out := make([]byte, 0, len(s))
	for _, r := range s {
		if r > 0xFF {
			return fmt.Errorf("%q: %U stands for no byte", s, r)
		}
		out = append(out, byte(r))
	}
	*b = Bytes(out)
	return nil
}

// A Header is a header list in order, as [name, value] pairs.
type Header [][2]Bytes

// HTTP returns h with canonicalized names; values of one name keep their order.
func (h Header) HTTP() http.Header {
	m := make(http.Header, len(h))
	for _, f := range h {
		m.Add(string(f[0]), string(f[1]))
	}
	return m
}
