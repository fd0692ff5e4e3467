package corscheck

import (
	"net/http"
	"regexp"
	"slices"
	"sort"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/corsengine/corsengine/internal/testtable"
)

// The oracle works on header lists, as the standard does, and builds every value
// that it compares.

type headerList [][2]string

// parseList reads field lines of the form "name:value". Lines without a header
// name are left out, since no header list has them.
func parseList(lines string) headerList {
	var l headerList
	for line := range strings.SplitSeq(lines, "\n") {
		name, value, ok := strings.Cut(line, ":")
		if ok && tokenPattern.MatchString(name) {
			l = append(l, [2]string{name, value})
		}
	}
	return l
}

func formatList(l testtable.Header) string {
	var b strings.Builder
	for _, f := range l {
		b.WriteString(string(f[0] + ":" + f[1] + "\n"))
	}
	return b.String()
}

// canonical and raw are the map that net/http makes of l, and one whose keys are
// as in l.
func (l headerList) canonical() http.Header {
	h := make(http.Header)
	for _, f := range l {
		h.Add(f[0], f[1])
	}
	return h
}

func (l headerList) raw() http.Header {
	h := make(http.Header)
	for _, f := range l {
		h[f[0]] = append(h[f[0]], f[1])
	}
	return h
}

func asciiLower(b []byte) []byte {
	for i, c := range b {
		if 'A' <= c && c <= 'Z' {
			b[i] = c + 'a' - 'A'
		}
	}
	return b
}

func asciiUpper(b []byte) []byte {
	for i, c := range b {
		if 'a' <= c && c <= 'z' {
			b[i] = c - 'a' + 'A'
		}
	}
	return b
}

func sameName(a, b string) bool {
	return string(asciiLower([]byte(a))) == string(asciiLower([]byte(b)))
}

func (l headerList) lines(name string) (values []string) {
	for _, f := range l {
		if sameName(f[0], name) {
			values = append(values, strings.Trim(f[1], " \t"))
		}
	}
	return values
}

// get is https://fetch.spec.whatwg.org/#concept-header-list-get.
func (l headerList) get(name string) (value string, null bool) {
	values := l.lines(name)
	return strings.Join(values, ", "), values == nil
}

const token = "[!#$%&'*+\\-.^_`|~0-9A-Za-z]+"

var (
	tokenPattern = regexp.MustCompile(`\A` + token + `\z`)
	listPattern  = regexp.MustCompile(`\A(` + token + `)?([ \t]*,[ \t]*(` + token + `)?)*\z`)
	deltaPattern = regexp.MustCompile(`\A[0-9]+\z`)
)

// extractList is https://fetch.spec.whatwg.org/#extract-header-list-values for
// the grammar #token.
func (l headerList) extractList(name string) (values []string, null, failure bool) {
	for _, line := range l.lines(name) {
		if !listPattern.MatchString(line) {
			return nil, false, true
		}
		for element := range strings.SplitSeq(line, ",") {
			if element = strings.Trim(element, " \t"); element != "" {
				values = append(values, element)
			}
		}
	}
	return values, l.lines(name) == nil, false
}

func contains(list []string, name string) bool {
	return slices.ContainsFunc(list, func(s string) bool { return sameName(s, name) })
}

// oracleCheck is https://fetch.spec.whatwg.org/#concept-cors-check, with the
// reason for failure added.
func oracleCheck(origin string, include bool, l headerList) Outcome {
	value, null := l.get("Access-Control-Allow-Origin")
	if null {
		return MissingAllowOrigin
	}
	if !include && value == "*" {
		return Allowed
	}
	if origin != value {
		switch {
		case len(l.lines("Access-Control-Allow-Origin")) > 1:
			return MultipleAllowOrigin
		case value == "*":
			return WildcardWithCredentials
		case strings.Contains(value, ","):
			return MultipleAllowOrigin
		}
		return OriginMismatch
	}
	if !include {
		return Allowed
	}
	if credentials, _ := l.get("Access-Control-Allow-Credentials"); credentials == "true" {
		return Allowed
	}
	return CredentialsNotAllowed
}

// oraclePreflight is https://fetch.spec.whatwg.org/#cors-preflight-fetch-0 from
// the response on. Its max-age is "" for null and failure, else digits.
func oraclePreflight(r *Request, status int, l headerList) (methods, headers []string, maxAge, name string, o Outcome) {
	refuse := func(name string, o Outcome) ([]string, []string, string, string, Outcome) {
		return nil, nil, "", name, o
	}
	if o := oracleCheck(r.Origin, r.Credentials, l); o != Allowed {
		return refuse("", o)
	}
	if !(200 <= status && status <= 299) {
		return refuse("", PreflightStatus)
	}
	methods, null, failure := l.extractList("Access-Control-Allow-Methods")
	if failure {
		return refuse("Access-Control-Allow-Methods", PreflightMalformed)
	}
	headers, _, failure = l.extractList("Access-Control-Allow-Headers")
	if failure {
		return refuse("Access-Control-Allow-Headers", PreflightMalformed)
	}
	if null && r.Forced {
		methods = []string{r.Method}
	}
	safelisted := r.Method == "GET" || r.Method == "HEAD" || r.Method == "POST"
	if !slices.Contains(methods, r.Method) && !safelisted && (r.Credentials || !slices.Contains(methods, "*")) {
		return refuse(r.Method, MethodNotAllowed)
	}
	// The unsafe names are a sorted-lowercase set.
	set := map[string]bool{}
	for _, name := range r.Unsafe {
		set[string(asciiLower([]byte(name)))] = true
	}
	var unsafe []string
	for name := range set {
		unsafe = append(unsafe, name)
	}
	sort.Strings(unsafe)
	uncovered := func(name string) bool {
		return !contains(headers, name) && (r.Credentials || !contains(headers, "*"))
	}
	for _, name := range unsafe {
		if sameName(name, "Authorization") && !contains(headers, name) {
			if uncovered(name) {
				return refuse(name, HeaderNotAllowed)
			}
			return refuse(name, AuthorizationNotListed)
		}
	}
	for _, name := range unsafe {
		if uncovered(name) {
			return refuse(name, HeaderNotAllowed)
		}
	}
	if ages := l.lines("Access-Control-Max-Age"); len(ages) == 1 && deltaPattern.MatchString(ages[0]) {
		maxAge = ages[0]
	}
	return methods, headers, maxAge, "", Allowed
}

// oracleReadable is https://fetch.spec.whatwg.org/#cors-safelisted-response-header-name
// given the CORS-exposed header-name list that main fetch makes of l.
func oracleReadable(name string, include bool, l headerList) bool {
	exposed, _, _ := l.extractList("Access-Control-Expose-Headers")
	if !include && contains(exposed, "*") {
		exposed = nil
		for _, f := range l {
			exposed = append(exposed, f[0])
		}
	}
	for _, safe := range []string{"Cache-Control", "Content-Language", "Content-Length", "Content-Type", "Expires", "Last-Modified", "Pragma"} {
		if sameName(name, safe) {
			return true
		}
	}
	return contains(exposed, name) && !sameName(name, "Set-Cookie") && !sameName(name, "Set-Cookie2")
}

func FuzzCheck(f *testing.F) {
	for _, c := range testtable.Load[checkIn, string](f, "cors-check.json") {
		f.Add(string(c.In.Origin), c.In.Credentials, formatList(c.In.Headers))
	}
	f.Fuzz(func(t *testing.T, origin string, credentials bool, lines string) {
		if origin == "" || strings.ContainsAny(origin, " \t*") {
			t.Skip("not the serialization of an origin")
		}
		l := parseList(lines)
		want := oracleCheck(origin, credentials, l)
		for _, h := range []http.Header{l.canonical(), l.raw()} {
			if got := Check(origin, credentials, h); got != want {
				t.Errorf("Check(%q, %t, %q) = %v; want %v", origin, credentials, h, got, want)
			}
		}
	})
}

func FuzzPreflight(f *testing.F) {
	for _, c := range testtable.Load[preflightIn, preflightWant](f, "cors-preflight.json") {
		f.Add(string(c.In.Origin), c.In.Credentials, string(c.In.Method), strings.Join(texts(c.In.Unsafe), ","),
			c.In.Forced, c.In.Status, formatList(c.In.Headers))
	}
	f.Fuzz(func(t *testing.T, origin string, credentials bool, method, unsafe string, forced bool, status int, lines string) {
		if origin == "" || strings.ContainsAny(origin, " \t*") || !tokenPattern.MatchString(method) {
			t.Skip("not the serialization of an origin, or no method")
		}
		r := &Request{Origin: origin, Credentials: credentials, Method: method, Forced: forced}
		for name := range strings.SplitSeq(unsafe, ",") {
			if tokenPattern.MatchString(name) {
				r.Unsafe = append(r.Unsafe, name)
			}
		}
		l := parseList(lines)
		methods, headers, age, wantName, want := oraclePreflight(r, status, l)
		for i := range headers {
			headers[i] = string(asciiLower([]byte(headers[i])))
		}
		for _, h := range []http.Header{l.canonical(), l.raw()} {
			g, name, o := Preflight(r, status, h)
			if name != wantName || o != want {
				t.Fatalf("Preflight(%+v, %d, %q) = %q %v; want %q %v", r, status, h, name, o, wantName, want)
			}
			if !o.OK() {
				if diff := cmp.Diff(Grant{}, g); diff != "" {
					t.Errorf("Grant of a refusal (-want +got):\n%s", diff)
				}
				continue
			}
			// Between spellings of a name the order of lines is lost.
			anyOrder := cmpopts.SortSlices(strings.Compare)
			if diff := cmp.Diff([][]string{methods, headers}, [][]string{g.Methods, g.Headers}, anyOrder, cmpopts.EquateEmpty()); diff != "" {
				t.Errorf("Grant (-want +got):\n%s", diff)
			}
			if got := g.MaxAge; got != wantAge(age) {
				t.Errorf("MaxAge of %q = %v; want %v", age, got, wantAge(age))
			}
		}
	})
}

func FuzzExposed(f *testing.F) {
	for _, c := range testtable.Load[exposeIn, exposeWant](f, "cors-expose.json") {
		f.Add(c.In.Credentials, formatList(c.In.Headers), "x-a")
	}
	f.Fuzz(func(t *testing.T, credentials bool, lines, other string) {
		l := parseList(lines)
		const unlisted = "x-no-list-has-this-name" // but for *
		for _, h := range []http.Header{l.canonical(), l.raw()} {
			e := Exposed(h, credentials)
			for name := range h {
				if got, want := e.Readable(name), oracleReadable(name, credentials, l); got != want {
					t.Errorf("%q: Readable(%q) = %t; want %t", h, name, got, want)
				}
			}
			// * stands for the headers that the response has, so whether it
			// exposes another one cannot be observed.
			if got, want := e.Readable(other), oracleReadable(other, credentials, l); got != want && !e.Readable(unlisted) {
				t.Errorf("%q: Readable(%q) = %t; want %t", h, other, got, want)
			}
			checkFilter(t, e, h)
		}
	})
}
