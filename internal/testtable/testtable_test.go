package testtable

import (
	"strings"
	"testing"
)

func TestParse(t *testing.T) {
	const head = `{"algorithm": "a", "spec": "s", "fields": {"in": "f"}, "cases": [`
	tests := []struct {
		name, json string
		wantErr    string // "" if the table is fine
	}{
		{"good", head + `{"name": "n", "source": "s", "in": "é", "want": 1}]}`, ""},
		{"no source", head + `{"name": "n", "in": "x", "want": 1}]}`, "no source"},
		{"no name", head + `{"source": "s", "in": "x", "want": 1}]}`, "no name"},
		{"same name", head + `{"name": "n", "source": "s"}, {"name": "n", "source": "s"}]}`, "two cases"},
		{"unknown field", head + `{"name": "n", "source": "s", "inn": "x"}]}`, "unknown field"},
		{"no cases", head + `]}`, "required"},
		{"not a byte", head + `{"name": "n", "source": "s", "in": "\u0100"}]}`, "no byte"},
		{"bytes as number", head + `{"name": "n", "source": "s", "in": 1}]}`, "unmarshal"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			cases, err := parse[Bytes, int]([]byte(tt.json))
			if tt.wantErr != "" {
				if err == nil || !strings.Contains(err.Error(), tt.wantErr) {
					t.Fatalf("error %v; want one with %q", err, tt.wantErr)
				}
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			if got := cases[0].In; got != "\xe9" {
				t.Errorf("in = %q; want one byte 0xE9", got)
			}
		})
	}
}

func TestHeader(t *testing.T) {
	h := Header{{"x-a", "1"}, {"X-A", "2"}}.HTTP()
	if got := h["X-A"]; len(got) != 2 || got[0] != "1" || got[1] != "2" {
		t.Errorf("X-A = %q; want both values in order", got)
	}
}
