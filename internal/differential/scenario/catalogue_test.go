package scenario

import (
	"regexp"
	"strings"
	"testing"
)

// symbolic are Names whose values can be told from what is around them.
func symbolic() Names {
	n := Names{Origins: make(map[Place]string), Run: "/run"}
	for _, p := range Places {
		n.Origins[p] = "https://" + string(p) + ".test:1"
	}
	return n
}

// leftover is what a misspelt name looks like after its expansion.
var leftover = regexp.MustCompile(`\{[A-Za-z]+([:.][^}]*)?\}`)

func TestCatalogue(t *testing.T) {
	// A name begins with what its scenario and those beside it are about.
	name := regexp.MustCompile(`^[A-Za-z][A-Za-z0-9 -]*: [^ /](?:[^/]*[^ /])?$`)
	source := regexp.MustCompile(`^(https://[^ ]+#[^ ]+|wpt/[^ ]+|own reasoning: .+)$`)
	names := symbolic()
	seen := make(map[string]bool)
	for _, s := range Catalogue() {
		if err := s.Check(); err != nil {
			t.Error(err)
		}
		if seen[s.Name] {
			t.Errorf("%s: there are two of this name", s.Name)
		}
		seen[s.Name] = true
		if !name.MatchString(s.Name) {
			t.Errorf("%s: name is not a group, a colon, and words without a slash", s.Name)
		}
		if !source.MatchString(s.Source) {
			t.Errorf("%s: source %q is no anchor, no path of web-platform-tests, and no reasoning", s.Name, s.Source)
		}
		if n := len(s.Fetches); n > 4 {
			t.Errorf("%s: %d fetches", s.Name, n)
		}
		for _, template := range templates(&s) {
			if got := names.Expand(template); leftover.MatchString(got) {
				t.Errorf("%s: %q has a name that nothing stands for", s.Name, template)
			}
		}
		checkResources(t, &s)
		checkAnswers(t, &s)
	}
	t.Logf("%d scenarios", len(seen))
}

// templates returns the strings of s in which names stand for places.
func templates(s *Scenario) []string {
	var all []string
	for _, f := range s.Fetches {
		all = append(all, f.URL, f.Referrer)
	}
	for _, r := range s.Servers {
		for _, a := range append(r.Preflight, r.Answer...) {
			for _, f := range a.Header {
				all = append(all, f.Value)
			}
		}
	}
	return all
}

// checkResources checks that there is a resource for every URL that is fetched,
// unless it is called "missing", and that something leads to every resource.
func checkResources(t *testing.T, s *Scenario) {
	t.Helper()
	used := make(map[string]bool)
	reference := regexp.MustCompile(`\{([a-z]+):([^}]*)\}|\{([a-z]+)\.host\}\{run\}/([^?#]*)`)
	for _, template := range templates(s) {
		for _, m := range reference.FindAllStringSubmatch(template, -1) {
			used[m[1]+m[3]+":"+m[2]+m[4]] = true
		}
	}
	at := make(map[string]bool)
	for _, r := range s.Servers {
		at[string(r.At)+":"+r.Path] = true
	}
	for _, f := range s.Fetches {
		for _, m := range reference.FindAllStringSubmatch(f.URL, -1) {
			if key := m[1] + m[3] + ":" + m[2] + m[4]; !at[key] && !strings.HasSuffix(key, ":missing") {
				t.Errorf("%s: fetches %s, which is not there", s.Name, key)
			}
		}
	}
	// A relative Location leads to wherever it has the path of.
	for key := range at {
		if _, path, _ := strings.Cut(key, ":"); !used[key] && !mentions(s, path) {
			t.Errorf("%s: nothing leads to %s", s.Name, key)
		}
	}
}

// mentions reports whether a Location has path in it.
func mentions(s *Scenario, path string) bool {
	for _, r := range s.Servers {
		for _, a := range r.Answer {
			for _, f := range a.Header {
				if f.Name == "Location" && strings.Contains(f.Value, path) {
					return true
				}
			}
		}
	}
	return false
}

// checkAnswers checks that answers are ones that the servers can give.
func checkAnswers(t *testing.T, s *Scenario) {
	t.Helper()
	token := regexp.MustCompile("^[!#$%&'*+.^_`|~0-9A-Za-z-]+$")
	for _, r := range s.Servers {
		for _, a := range append(r.Preflight, r.Answer...) {
			if a.Status != 0 && (a.Status < 200 || a.Status > 999) {
				t.Errorf("%s: status %d", s.Name, a.Status)
			}
			if (a.Status == 204 || a.Status == 304) && a.Body != "" {
				t.Errorf("%s: status %d has a body", s.Name, a.Status)
			}
			for _, f := range a.Header {
				if !token.MatchString(f.Name) {
					t.Errorf("%s: %q is no token", s.Name, f.Name)
				}
				if strings.ContainsAny(f.Value, "\r\n\x00") || strings.Trim(f.Value, " \t") != f.Value {
					t.Errorf("%s: the servers cannot send %q", s.Name, f.Value)
				}
			}
		}
	}
}
