package interop

import (
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// The versions in the README are those that are tested.
func TestReadmeVersions(t *testing.T) {
	rows := regexp.MustCompile(`(?m)^\| (\S+\.\S+/\S+) \| (v\S+) \|$`).FindAllStringSubmatch(read(t, "README.md"), -1)
	required := regexp.MustCompile(`(?m)^(?:\t|require )(\S+) (v\S+)$`).FindAllStringSubmatch(read(t, "go.mod"), -1)
	wantEqual(t, "versions", versions(rows), versions(required))
}

// versions returns modules with their versions, without the engine's own.
func versions(matches [][]string) []string {
	var out []string
	for _, m := range matches {
		if m[1] != "github.com/corsengine/corsengine" {
			out = append(out, m[1]+" "+m[2])
		}
	}
	slices.Sort(out)
	return out
}

// The tests that the README refers to exist.
func TestReadmeReferences(t *testing.T) {
	files, err := filepath.Glob("*_test.go")
	if err != nil {
		t.Fatal(err)
	}
	var source strings.Builder
	for _, name := range files {
		source.WriteString(read(t, name))
	}
	references := regexp.MustCompile("`(Test[A-Za-z0-9]+)(?:/([^`]+))?`").FindAllStringSubmatch(read(t, "README.md"), -1)
	if len(references) == 0 {
		t.Fatal("the README refers to no tests")
	}
	for _, r := range references {
		_, body, found := strings.Cut(source.String(), "\nfunc "+r[1]+"(")
		body, _, _ = strings.Cut(body, "\n}\n")
		if !found || r[2] != "" && !strings.Contains(body, strconv.Quote(r[2])) {
			t.Errorf("there is no test %s", r[0])
		}
	}
}

// read returns the content of a file.
func read(t *testing.T, name string) string {
	t.Helper()
	content, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	return string(content)
}
