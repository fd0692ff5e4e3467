package main

import (
	"os"
	"path/filepath"
	"testing"
)

// Every mutation still fits the code it is about.
func TestMutationsApply(t *testing.T) {
	for _, m := range mutations {
		t.Run(m.name, func(t *testing.T) {
			text, err := os.ReadFile(filepath.Join("..", "..", "..", filepath.FromSlash(m.file)))
			if err != nil {
				t.Fatal(err)
			}
			dir := t.TempDir()
			copied := filepath.Join(dir, filepath.FromSlash(m.file))
			if err := os.MkdirAll(filepath.Dir(copied), 0o755); err != nil {
				t.Fatal(err)
			}
			if err := os.WriteFile(copied, text, 0o644); err != nil {
				t.Fatal(err)
			}
			if err := m.apply(dir); err != nil {
				t.Error(err)
			}
		})
	}
}
