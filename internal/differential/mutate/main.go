// Command mutate breaks one rule of the engine after the other, and reports in how
// many scenarios the comparison with recorded browsers notices.
//
// It works on copies of the source tree, and ends with status 1 if a mutation
// goes unnoticed.
package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io/fs"
	"log"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"strings"
	"syscall"
)

func main() {
	log.SetFlags(0)
	log.SetPrefix("mutate: ")
	root := flag.String("root", "../..", "`directory` of the root module")
	recording := flag.String("replay", "", "`file` that the comparison has recorded")
	n := flag.String("n", "1000", "`number` of generated scenarios, as in the recording")
	seed := flag.String("seed", "1", "`seed`, as in the recording")
	only := flag.String("only", "", "try only mutations whose name contains this `text`")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	recorded, err := filepath.Abs(*recording)
	if err != nil || *recording == "" {
		log.Fatal("-replay is needed")
	}
	args := []string{"-replay", recorded, "-n", *n, "-seed", *seed, "-json"}

	differing, err := try(ctx, *root, mutation{}, args)
	if err != nil {
		log.Fatal(err)
	}
	if len(differing) > 0 {
		log.Fatalf("%d scenarios differ without any mutation", len(differing))
	}
	missed := 0
	for _, m := range mutations {
		if !strings.Contains(m.name, *only) {
			continue
		}
		differing, err := try(ctx, *root, m, args)
		switch {
		case err != nil:
			log.Fatalf("%s: %v", m.name, err)
		case len(differing) == 0:
			missed++
			fmt.Printf("  MISSED  %s\n", m.name)
		default:
			fmt.Printf("%8d  %s (%s)\n", len(differing), m.name, differing[0])
		}
	}
	if missed > 0 {
		log.Fatalf("%d of %d mutations went unnoticed", missed, len(mutations))
	}
}

// try applies m to a copy of the source tree and returns the names of the
// scenarios that differ then.
func try(ctx context.Context, root string, m mutation, args []string) ([]string, error) {
	dir, err := os.MkdirTemp("", "mutate")
	if err != nil {
		return nil, err
	}
	defer os.RemoveAll(dir)
	if err := copySource(dir, root); err != nil {
		return nil, err
	}
	if err := m.apply(dir); err != nil {
		return nil, err
	}
	cmd := exec.CommandContext(ctx, "go", append([]string{"run", "."}, args...)...)
	cmd.Dir = filepath.Join(dir, "internal", "differential")
	var stdout, stderr bytes.Buffer
	cmd.Stdout, cmd.Stderr = &stdout, &stderr
	runErr := cmd.Run() // differences make it fail, too
	var out struct{ Unexplained []string }
	if err := json.Unmarshal(stdout.Bytes(), &out); err != nil {
		return nil, fmt.Errorf("%w: %s", errors.Join(runErr, err), stderr.Bytes())
	}
	return out.Unexplained, nil
}

func (m mutation) apply(dir string) error {
	if m.name == "" {
		return nil
	}
	name := filepath.Join(dir, filepath.FromSlash(m.file))
	text, err := os.ReadFile(name)
	if err != nil {
		return err
	}
	if n := strings.Count(string(text), m.old); n != 1 {
		return fmt.Errorf("%s has %q %d times", m.file, m.old, n)
	}
	return os.WriteFile(name, []byte(strings.Replace(string(text), m.old, m.new, 1)), 0o644)
}

// copySource copies what it takes to build the comparison: the Go files, what they
// embed, and the module files.
func copySource(to, from string) error {
	return filepath.WalkDir(from, func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		rel, err := filepath.Rel(from, path)
		if err != nil {
			return err
		}
		target := filepath.Join(to, rel)
		if d.IsDir() {
			if d.Name() == ".git" || d.Name() == "testdata" {
				return filepath.SkipDir
			}
			return os.MkdirAll(target, 0o755)
		}
		if strings.HasSuffix(rel, "_test.go") || !d.Type().IsRegular() {
			return nil
		}
		text, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		return os.WriteFile(target, text, 0o644)
	})
}
