package main

import (
	"encoding/json"
	"net/http"
	"reflect"
	"strings"
	"testing"
)

// decodeReport decodes what -json printed.
func decodeReport(t *testing.T, stdout string) *report {
	t.Helper()
	r := new(report)
	d := json.NewDecoder(strings.NewReader(stdout))
	d.DisallowUnknownFields()
	if err := d.Decode(r); err != nil {
		t.Fatalf("%v in:\n%s", err, stdout)
	}
	return r
}

func TestJSON(t *testing.T) {
	var h hosts
	other := h.start(t, "other.example", func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Access-Control-Allow-Origin", "null")
		w.Header().Set("Access-Control-Allow-Methods", "PUT")
		w.Header().Set("Content-Type", "text/plain")
		w.Header().Set("X-Team", "blue")
		if r.Method == http.MethodPut {
			w.Write([]byte("<tea>"))
		}
	})
	api := h.start(t, "api.example", func(w http.ResponseWriter, r *http.Request) {
		h := w.Header()
		if r.URL.Path == "/refused" {
			w.WriteHeader(http.StatusMethodNotAllowed)
			return
		}
		h.Set("Access-Control-Allow-Origin", page)
		h.Set("Access-Control-Allow-Methods", "PUT, GET")
		h.Set("Access-Control-Allow-Headers", "Authorization")
		h.Set("Access-Control-Max-Age", "60")
		if r.Method == http.MethodPut {
			h.Set("Location", other+"/long")
			w.WriteHeader(http.StatusTemporaryRedirect)
		}
	})
	for _, path := range []string{"/allowed", "/refused"} {
		t.Run(path[1:], func(t *testing.T) {
			got := corsfetch(t, "-json", "-origin", page, "-X", "PUT", "-H", "Authorization: Bearer 42", "-H", "Cookie: a=b", "-d", "milk", api+path)
			decodeReport(t, got.stdout)
			golden(t, "json"+path, h.rename(got.stdout))
		})
	}
}

// TestJSONUse is TestJSON for what is not about CORS.
func TestJSONUse(t *testing.T) {
	var h hosts
	api := h.start(t, "api.example", func(w http.ResponseWriter, r *http.Request) {
		h := w.Header()
		h.Set("Access-Control-Allow-Origin", "*")
		h.Set("Cross-Origin-Resource-Policy", "same-site")
		h.Set("Timing-Allow-Origin", "*")
		h.Set("Content-Type", "text/javascript")
		h.Set("Content-Encoding", "gzip")
		w.Write(gzipped("tea()"))
	})
	for name, args := range map[string][]string{
		"body": {
			"-destination", "script", "-integrity", "sha256-09dhta4JP6SFyStovs6+jxLA+YxEpDsC7BBd2wkM+M8=",
			"-page", page + "/cart", "-cache", "no-cache", "-keepalive", "-d", "milk",
		},
		"use": {"-mode", "no-cors", "-destination", "script", "-referrer-policy", "no-referrer"},
	} {
		t.Run(name, func(t *testing.T) {
			got := corsfetch(t, append(append([]string{"-json", "-origin", page}, args...), api)...)
			decodeReport(t, got.stdout)
			golden(t, "json/"+name, h.rename(got.stdout))
		})
	}
}

// TestJSONNeverNull checks that the lists of an empty report are lists.
func TestJSONNeverNull(t *testing.T) {
	got := corsfetch(t, "-json", "-origin", page, "https://api.example:1/")
	if got.code != exitRefused {
		t.Fatalf("got exit code %d, want %d", got.code, exitRefused)
	}
	for _, line := range strings.Split(got.stdout, "\n") {
		switch strings.TrimSpace(line) {
		case `"keepalive": null,`, `"typeCheck": null,`, `"integrity": null,`, `"response": null,`:
		default:
			if strings.Contains(line, "null") {
				t.Errorf("got: %s", line)
			}
		}
	}
}

// TestJSONBrokenBody checks that the bytes read before a failure are counted.
func TestJSONBrokenBody(t *testing.T) {
	url := serve(t, func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Length", "10")
		allow(w, r)
		w.(http.Flusher).Flush()
		panic(http.ErrAbortHandler)
	})
	r := decodeReport(t, corsfetch(t, "-json", "-origin", page, url).stdout)
	if r.Verdict != failed || r.Reason != "transport" || r.Response == nil || r.Response.BodyBytes != 4 {
		t.Errorf("got %q, %q and %+v; want failed, transport and 4 bytes", r.Verdict, string(r.Reason), r.Response)
	}
}

// TestJSONDocumented checks that each member of the object is in the help.
func TestJSONDocumented(t *testing.T) {
	_, text, _ := strings.Cut(usage(), "# JSON")
	text, _, _ = strings.Cut(text, "# What is shown")
	words := strings.FieldsFunc(text, func(r rune) bool { return strings.ContainsRune(" ,.:;()\t\n", r) })
	var visit func(reflect.Type)
	visit = func(typ reflect.Type) {
		switch typ.Kind() {
		case reflect.Slice, reflect.Pointer:
			visit(typ.Elem())
		case reflect.Struct:
			for i := range typ.NumField() {
				f := typ.Field(i)
				if !f.IsExported() {
					continue
				}
				name := f.Tag.Get("json")
				if name == "" || !contains(words, name) {
					t.Errorf("%v.%s: member %q is not documented", typ, f.Name, name)
				}
				visit(f.Type)
			}
		}
	}
	visit(reflect.TypeFor[report]())
}

func contains(words []string, word string) bool {
	for _, w := range words {
		if w == word {
			return true
		}
	}
	return false
}

// TestPartition checks which pages the permission counts for.
func TestPartition(t *testing.T) {
	url := serve(t, allow)
	tests := []struct {
		args []string
		want string
	}{
		{[]string{"-origin", "https://www.app.example"}, "https://app.example"},
		{[]string{"-origin", page, "-top-level", "https://www.frame.example"}, "https://frame.example"},
		{[]string{"-origin", "null"}, "opaque"},
	}
	for _, tt := range tests {
		r := decodeReport(t, corsfetch(t, append(tt.args, "-json", "-X", "PUT", url)...).stdout)
		if len(r.Preflights) != 1 || r.Preflights[0].Partition != tt.want {
			t.Errorf("%q: got %+v, want one for %q", tt.args, r.Preflights, tt.want)
		}
	}
}
